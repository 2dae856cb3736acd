"""Vietnamese personal names: how they are stored and how they are compared."""

import re
import unicodedata


def _bare_letters() -> dict[int, str | None]:
    """Latin letters with marks, and đ, to their bare letters; combining marks to nothing."""
    table: dict[int, str | None] = dict.fromkeys(range(0x300, 0x370))
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            table[code] = base
    return table | {ord("đ"): "d", ord("Đ"): "D"}


_BARE = _bare_letters()
_SPACES = re.compile(r"\s+")


def stored_name(name: str) -> str:
    """The name as given, in NFC with single spaces."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", name)).strip()


def match_key(name: str) -> str:
    """What two spellings of one name have in common: ``Trần  thị Đào`` -> ``TRAN THI DAO``.

    Upper case, tone and vowel marks removed, đ as D, spaces folded.
    """
    bare = name if name.isascii() else name.translate(_BARE)
    if not bare.isascii():  # no Vietnamese name; the general way for whatever it is
        decomposed = unicodedata.normalize("NFD", bare)
        bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.upper().split())
