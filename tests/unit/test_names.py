"""Two spellings of one name have one key."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.names import match_key, stored_name

VIETNAMESE = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđbcdghklmnpqrstvx "


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Trần Thị Hồng Nhung", "TRAN THI HONG NHUNG"),
        ("  đặng   THU hà ", "DANG THU HA"),
        ("NGUYEN VAN BINH", "NGUYEN VAN BINH"),
        ("Ðặng", "ÐANG"),  # Icelandic eth is another letter, however alike it looks
        ("Müller Ångström", "MULLER ANGSTROM"),
        ("Ελένη", "ΕΛΕΝΗ"),
        ("", ""),
    ],
)
def test_marks_case_and_spaces_do_not_matter(name: str, key: str) -> None:
    assert match_key(name) == key


@given(st.text(alphabet=VIETNAMESE + VIETNAMESE.upper(), max_size=40))
def test_the_key_of_a_vietnamese_name_is_plain_and_the_same_however_it_is_written(name: str) -> None:
    key = match_key(name)
    assert key.isascii()
    assert key == key.upper()
    for other in (unicodedata.normalize("NFD", name), name.lower(), name.upper(), f" {name} ", key):
        assert match_key(other) == key
    assert match_key(stored_name(name)) == key


@given(st.text(max_size=30))
def test_no_text_breaks_it_and_a_key_is_its_own_key(name: str) -> None:
    assert match_key(match_key(name)) == match_key(name)
