"""The QR code that is written is the certificate that an independent reader reads."""

import io

import pytest
import zxingcpp
from PIL import Image

from lienthong.certificate import CertificateRefused
from lienthong.certificate.qr import picture
from tests.support.certificates import certificate


def test_the_picture_reads_back_as_the_certificate() -> None:
    shc = certificate()
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture(shc, "png"))))
    assert code.format == zxingcpp.BarcodeFormat.QRCode
    assert code.text == shc


@pytest.mark.parametrize("factor", [0.5, 0.75])
def test_it_reads_from_a_smaller_print_too(factor: float) -> None:
    shc = certificate()
    image = Image.open(io.BytesIO(picture(shc, "png"))).convert("L")
    small = image.resize((int(image.width * factor), int(image.height * factor)), Image.Resampling.BICUBIC)
    assert [code.text for code in zxingcpp.read_barcodes(small)] == [shc]


def test_the_page_to_print_is_a_pdf() -> None:
    assert picture(certificate(), "pdf").startswith(b"%PDF-")
    assert b"<svg" in picture(certificate(), "svg")


@pytest.mark.parametrize("text", ["", "shc:/", "shc:/12x", "567629", "shc:/" + "5" * 7_200])
def test_what_is_no_certificate_becomes_no_picture(text: str) -> None:
    with pytest.raises(CertificateRefused):
        picture(text, "png")
