"""The examples of the documentation page: a capability's request, its answer, and how that looks on the wire."""

import base64
import hashlib
from typing import Any

from markupsafe import Markup

from gateway.docs_markup import Node, compact, join, pre, pretty

_SIGNATURE_INPUT = (
    'lienthong=("@method" "@authority" "@path" "@query" {covered});'
    'created=…;expires=…;nonce="…";keyid="…";tag="lienthong-request"'
)


def examples(url: str, operation: Node, request: Any, answer: Any) -> Markup:
    """What is sent and what comes, side by side, then the call that does it."""
    blocks = [("Answer", answer if isinstance(answer, str) else pretty(answer))]
    if request is not None:
        blocks.insert(0, ("Request", request if isinstance(request, str) else pretty(request)))
    columns = join(
        Markup('<div><p class="caption">{}</p>{}</div>').format(title, pre(text)) for title, text in blocks
    )
    curl = Markup('<p class="caption">On the wire</p>{}').format(pre(_curl(url, operation, request)))
    return Markup(
        '<details open><summary>Example · Ví dụ</summary><div class="examples">{}</div>{}</details>'
    ).format(columns, curl)


def _curl(url: str, operation: Node, request: Any) -> str:
    """As a command line; what only the signer knows is left out."""
    content: dict[str, str]
    ours = {"Purpose": operation["x-purposes"][0], "Staff": "desk-7"}
    if "x-result" in operation:
        ours["Idempotency-Key"] = "declaration-2026-11-0001"
    body, content, covered = "", {}, [f'"{name.lower()}"' for name in ours]
    if request is not None:
        body = request if isinstance(request, str) else compact(request)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        media_type = next(iter(operation["requestBody"]["content"]))
        content = {"Content-Type": media_type, "Content-Digest": f"sha-256=:{digest}:"}
        covered = ['"content-digest"', '"content-type"', *covered]
    headers = {
        **content,
        **ours,
        "Signature-Input": _SIGNATURE_INPUT.format(covered=" ".join(covered)),
        "Signature": "lienthong=:…:",
    }
    lines = [
        f"curl {url}",
        *(f"  -H '{name}: {value}'" for name, value in headers.items()),
    ]
    return " \\\n".join([*lines, f"  --data-binary '{body}'"] if body else lines)
