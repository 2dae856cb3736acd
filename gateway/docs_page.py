"""The documentation at ``/docs``: one HTML page, made from the OpenAPI document alone.

It fetches nothing and runs nothing; its policy allows the one style sheet inside
it, named by its digest, and nothing else.
"""

import base64
import hashlib
import importlib.resources

from markupsafe import Markup

from gateway.docs_examples import examples
from gateway.docs_markup import (
    Node,
    class_chip,
    codes,
    example_path,
    inline,
    join,
    link_list,
    plain_table,
    pre,
    pretty,
    prose,
    section,
    without_access,
    words,
)
from gateway.docs_messages import Messages

_STYLE = (importlib.resources.files("gateway") / "static" / "docs.css").read_text(encoding="utf-8")
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_ABOUT_VI = (
    "Liên thông nối dữ liệu của Bảo hiểm xã hội Việt Nam với bệnh viện, bộ ngành, đơn vị sử dụng lao động và người "
    "dân, mỗi bên chỉ thấy phần mình được phép xem. Mọi yêu cầu đều được ký, mọi câu trả lời đều được ký và chỉ "
    "được gửi đi sau khi đã ghi nhật ký truy cập."
)
_GROUPS = {
    "identity": "Nhân thân · Identity",
    "health_claims": "Khám chữa bệnh BHYT · Health insurance",
    "contributions": "Quá trình đóng · Contributions",
    "deliveries": "Số liệu định kỳ · Deliveries",
    "operations": "Yêu cầu đã tiếp nhận · Operations",
    "audit": "Nhật ký · Access log",
}
_SIGNING = (
    "Write `Content-Digest: sha-256=:…:` over the octets of the body (RFC 9530).",
    (
        "Cover `@method`, `@authority`, `@path`, `@query`, of a body `content-digest` and `content-type`, and each of "
        "`purpose`, `staff`, `legal-basis`, `idempotency-key` that the request carries."
    ),
    (
        "Give `created`, `expires` (at most 300 seconds later), a fresh `nonce` of at least 128 random bits, "
        '`keyid` (the RFC 7638 thumbprint of your registered key) and `tag="lienthong-request"`.'
    ),
    (
        "Sign the signature base (RFC 9421, 2.5) with `ed25519`, `ecdsa-p256-sha256` (raw r‖s) or "
        "`rsa-pss-sha512`, and send `Signature-Input` and `Signature`."
    ),
    (
        'Verify the answer: its signature has `tag="lienthong-response"`, your nonce, and covers the status, '
        "the body's digest and your request's signature. The keys are at "
        "`/.well-known/http-message-signatures-directory`."
    ),
)


def docs_page(openapi: Node) -> bytes:
    """The page for this document, UTF-8. Raises ``KeyError`` for a document that is not ours."""
    return str(_Page(openapi).html()).encode()


class _Page:
    """Writes the page from top to bottom, so that each message is described where it is met first."""

    def __init__(self, openapi: Node) -> None:
        self._openapi = openapi
        self._server: str = openapi["servers"][0]["url"]
        self._capabilities = [
            (path, operation)
            for path, methods in openapi["paths"].items()
            for operation in methods.values()
            if "x-rpc" in operation
        ]
        names = {operation["operationId"] for _, operation in self._capabilities}
        self._messages = Messages(openapi["components"]["schemas"], names)

    def html(self) -> Markup:
        """The whole page."""
        info = self._openapi["info"]
        body = join([self._top(info), self._layout(info), _FOOTER])
        return Markup(
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<title>{title} · API</title><style>{style}</style></head><body>{body}</body></html>\n"
        ).format(title=info["title"], style=Markup(_STYLE), body=body)  # noqa: S704 -- our own style sheet

    def _top(self, info: Node) -> Markup:
        return Markup(
            '<header class="top"><div><h1>{title}</h1>'
            '<p class="vi" lang="vi">Câu trả lời có chữ ký và có nhật ký từ dữ liệu Bảo hiểm xã hội Việt Nam.</p>'
            '<p>{summary}</p><div class="facts"><span>Server <code>{server}</code></span>'
            '<span>Version {version}</span><span><a href="/openapi.json">OpenAPI 3.1</a></span></div></div></header>'
        ).format(title=info["title"], summary=info["summary"], server=self._server, version=info["version"])

    def _layout(self, info: Node) -> Markup:
        sections = [
            section("about", "What this is · Giới thiệu", _VI_INTRODUCTION + prose(info["description"])),
            section("signing", "How to sign · Cách ký", self._signing()),
            section(
                "capabilities", "Capabilities · Chức năng", join(map(self._capability, self._capabilities))
            ),
            section("classes", "Data classes · Nhóm dữ liệu", self._classes()),
            section("purposes", "Purposes · Mục đích", self._purposes()),
            section("errors", "Refusals · Từ chối", self._errors()),
            section("pages", "The gateway's own pages", self._own_pages()),
        ]
        return Markup('<div class="layout">{nav}<main>{main}</main></div>').format(
            nav=self._nav(), main=join(sections)
        )

    def _nav(self) -> Markup:
        start = link_list([("#about", "What this is"), ("#signing", "How to sign")])
        groups = [Markup("<div><p>Start</p>{}</div>").format(start)]
        for tag, title in self._groups():
            links = [
                (f"#{o['operationId']}", words(o["operationId"]))
                for _, o in self._capabilities
                if tag in o["tags"]
            ]
            groups.append(Markup("<div><p>{}</p>{}</div>").format(title, link_list(links)))
        reference = [
            ("#classes", "Data classes"),
            ("#purposes", "Purposes"),
            ("#errors", "Refusals"),
            ("#pages", "Own pages"),
        ]
        groups.append(Markup("<div><p>Reference</p>{}</div>").format(link_list(reference)))
        return Markup('<nav aria-label="Contents">{}</nav>').format(join(groups))

    def _groups(self) -> list[tuple[str, str]]:
        tags = dict.fromkeys(tag for _, operation in self._capabilities for tag in operation["tags"])
        return [(tag, _GROUPS.get(tag, tag)) for tag in tags]

    def _signing(self) -> Markup:
        items = join(Markup("<li>{}</li>").format(inline(step)) for step in _SIGNING)
        client = prose(
            "The `lienthong` command and the Python package `lienthong.client` do all of this. "
            "A nonce is good for one request: sign again before you send again."
        )
        return Markup('<ol class="steps">{}</ol>{}').format(items, client)

    def _capability(self, entry: tuple[str, Node]) -> Markup:
        path, operation = entry
        bodies: Node = operation.get("requestBody", {}).get("content", {})
        request = next(iter(bodies.values()), None)
        answers: Node = next(iter(operation["responses"].values()))["content"]
        answer = next(iter(answers.values()))
        is_post = request is not None
        return Markup(
            '<article id="{id}"><p class="route"><span class="verb">{verb}</span><code>{path}</code></p>'
            '<h3>{title}</h3><p class="vi-summary" lang="vi">{vi}</p>{prose}{access}'
            "<h4>Request · Yêu cầu</h4>{request}<h4>Answer · Trả lời</h4>{answer}{result}{examples}</article>"
        ).format(
            id=operation["operationId"],
            verb="POST" if is_post else "GET",
            path=path,
            title=words(operation["operationId"]),
            vi=operation["x-summary-vi"],
            prose=prose(without_access(operation)),
            access=self._access(operation),
            request=self._request(bodies) if is_post else self._in_url(operation),
            answer=self._accepted() if "x-result" in operation else self._answer(answers),
            result=self._result(operation),
            examples=examples(
                self._server + example_path(path, operation),
                operation,
                request and request.get("example"),
                answer.get("example"),
            ),
        )

    def _request(self, bodies: Node) -> Markup:
        """What stands in the body: fields, or a file that is carried as it is."""
        if "application/json" in bodies:
            return self._messages.tables(bodies["application/json"]["schema"], is_answer=False)
        return _file(bodies)

    def _answer(self, bodies: Node) -> Markup:
        """Likewise of an answer."""
        if "application/json" in bodies:
            return self._messages.tables(bodies["application/json"]["schema"], is_answer=True)
        return _file(bodies)

    def _in_url(self, operation: Node) -> Markup:
        """What stands in the path and the query."""
        fields = {
            p["name"]: p["schema"] | p for p in operation["parameters"] if p.get("in") in ("path", "query")
        }
        needed = [name for name, parameter in fields.items() if parameter["required"]]
        return self._messages.table({"properties": fields, "required": needed}, is_answer=False)

    def _accepted(self) -> Markup:
        return prose(
            "202: accepted, and carried out whatever fails meanwhile. `Location` names the operation; "
            "its state and its result are read from there. The header `Idempotency-Key` is required."
        )

    def _result(self, operation: Node) -> Markup:
        """What the operation's result will be."""
        if "x-result" not in operation:
            return Markup()
        return Markup("<h4>Result · Kết quả</h4>{}{}").format(
            self._messages.tables(operation["x-result"]["schema"], is_answer=True),
            pre(pretty(operation["x-result"]["example"])),
        )

    def _access(self, operation: Node) -> Markup:
        rows = [
            ("Scope", codes([operation["x-scope"]])),
            ("Purposes", codes(operation["x-purposes"])),
            ("Staff header", Markup("required") if operation["x-staff-required"] else Markup("optional")),
            ("Data classes", join(map(class_chip, operation["x-data-classes"]))),
            ("RPC", codes([operation["x-rpc"]])),
        ]
        inside = join(Markup("<dt>{}</dt><dd>{}</dd>").format(name, value) for name, value in rows)
        return Markup('<dl class="access">{}</dl>').format(inside)

    def _classes(self) -> Markup:
        rows = [(class_chip(name), inline(text)) for name, text in self._openapi["x-data-classes"].items()]
        return prose(
            "A grant lists the classes that it covers; every other field is left out of the answer."
        ) + plain_table(("Class", "Covers"), rows)

    def _purposes(self) -> Markup:
        rows = [(codes([name]), inline(text)) for name, text in self._openapi["x-purposes"].items()]
        return plain_table(("Purpose header", "When"), rows)

    def _errors(self) -> Markup:
        rows = [
            Markup(
                '<tr><td>{}</td><td><code>{}</code></td><td><p>{}</p><p lang="vi">{}</p></td></tr>'
            ).format(name.removeprefix("Problem"), row["reason"], row["en"], row["vi"])
            for name, response in self._openapi["components"]["responses"].items()
            for row in response["x-reasons"]
        ]
        intro = prose(
            "A refusal is a problem document (RFC 9457), signed like any answer and recorded like any answer. "
            "`reason` is stable. 422 names each wrong field in `errors`. 401 carries `Accept-Signature`; "
            "429 and 503 carry `Retry-After`."
        )
        example = self._openapi["components"]["responses"]["Problem422"]["content"][
            "application/problem+json"
        ]["example"]
        return Markup(
            '{}<table class="errors"><thead><tr><th>Status</th><th>Reason</th><th>Title</th></tr></thead>'
            "<tbody>{}</tbody></table>{}"
        ).format(intro, join(rows), pre(pretty(example)))

    def _own_pages(self) -> Markup:
        rows = [
            (
                Markup('<a href="{}"><code>{}</code></a>').format(path, path),
                inline(methods["get"]["summary"]),
            )
            for path, methods in self._openapi["paths"].items()
            if "get" in methods and "x-rpc" not in methods["get"]
        ]
        return plain_table(("Path", "What it says"), rows)


def _file(bodies: Node) -> Markup:
    names = ", ".join(f"`{name}`" for name in bodies)
    return prose(f"The body is the file itself, as it is: {names}.")


_VI_INTRODUCTION = Markup('<p lang="vi">{}</p>').format(_ABOUT_VI)
_FOOTER = Markup(
    "<footer>Made from the contract when the gateway started. Every example person is invented.</footer>"
)
