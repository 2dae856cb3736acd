"""What an answer covers: itself, and the request that it answers (signing.md, "An answer").

The gateway that signs and the client that verifies take the list from here.
"""

from functools import lru_cache

from lienthong.signing.covered import MAX_KEPT, Component, Covered

ANSWER_TAG = "lienthong-response"

_ANSWER = (Component("@status"), Component("content-digest"), Component("content-type"))
_TARGET = tuple(Component(name, (("req", True),)) for name in ("@method", "@path", "@query"))
_DIGEST = Component("content-digest", (("req", True),))


@lru_cache(maxsize=MAX_KEPT)
def answer_coverage(label: str | None, *, digest: bool, target: bool = True) -> Covered:
    """The components of an answer to a request signed under ``label`` (None: its signature was unreadable).

    ``digest`` says whether the request had a Content-Digest, ``target`` whether the
    request can be named at all.
    """
    components: tuple[Component, ...] = _ANSWER
    if target:
        components += _TARGET
    if digest:
        components += (_DIGEST,)
    if label is not None:
        named = (("req", True), ("key", label))
        components += (Component("signature", named), Component("signature-input", named))
    return Covered(components)
