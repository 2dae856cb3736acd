"""The QR code of a certificate, as a picture or a page to print.

SMART Health Cards framework: ``shc:/`` as octets, then the digits in numeric mode (a third
fewer modules than as text); error correction L, in one code.
"""

import io
from pathlib import Path
from typing import Final

import segno

from lienthong.certificate.errors import CertificateRefused, Reason
from lienthong.certificate.jws import PREFIX

KINDS: Final = ("png", "pdf", "svg")
_SCALE: Final = 6
"""Pixels (or points) a module: a hand's breadth on a screen and on paper."""
_QUIET: Final = 4


def picture(shc: str, kind: str) -> bytes:
    """The QR code as ``png``, ``pdf`` or ``svg``. Raises CertificateRefused for what is no ``shc:/`` text."""
    digits = shc.removeprefix(PREFIX)
    if digits == shc or not (digits.isascii() and digits.isdigit()):
        raise CertificateRefused(Reason.MALFORMED, "not shc:/ and digits")
    try:
        # Two segments, each in its own mode: as segno reads a list, which its types do not say.
        code = segno.make_qr([PREFIX, digits], error="l", boost_error=False)  # type: ignore[arg-type]
    except segno.DataOverflowError as error:
        raise CertificateRefused(Reason.TOO_LARGE, "more than one QR code holds") from error
    written = io.BytesIO()
    code.save(written, kind=kind, scale=_SCALE if kind != "pdf" else _SCALE / 2, border=_QUIET)
    return written.getvalue()


def kind_of(path: Path) -> str | None:
    """The kind of picture that the file's name asks for; None for another one."""
    kind = path.suffix.lower().removeprefix(".")
    return kind if kind in KINDS else None
