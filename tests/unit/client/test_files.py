"""Files of lines: read as a whole, or refused with everything that is wrong, by line and field."""

import pytest

from lienthong.client.commands import DeclarationLine, Payment
from lienthong.client.files import MOST_LINES, WrongFile, read_declaration, read_payments

HEADER = "kind,identifier,full_name,from_month,to_month,schemes,base_vnd,position,unpaid_days"
NHUNG = "increase,001190000017,Trần Thị Hồng Nhung,2026-11,,SI HI,8500000,Công nhân may,"
LINE = DeclarationLine(
    kind="increase",
    identifier="001190000017",
    full_name="Trần Thị Hồng Nhung",
    from_month="2026-11",
    schemes=("SI", "HI"),
    base_vnd=8_500_000,
    position="Công nhân may",
)


def problems(content: bytes | str, *, payments: bool = False) -> list[tuple[int, str, str]]:
    raw = content.encode() if isinstance(content, str) else content
    with pytest.raises(WrongFile) as wrong:
        (read_payments if payments else read_declaration)(raw)
    return [(p.line, p.field, p.text) for p in wrong.value.problems]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_what_spreadsheets_write_is_read(mark: str, ending: str, separator: str) -> None:
    text = mark + ending.join([HEADER, NHUNG, NHUNG]).replace(",", separator) + ending
    read = read_declaration(text.encode())
    assert (read.rows, read.numbers) == ([LINE, LINE], [2, 3])


def test_the_order_of_the_columns_is_free_and_empty_lines_are_left_out() -> None:
    text = (
        "reference;amount_vnd;Value_Date;employer_code\n\nVCB-1;5000000000;2026-11-20;0100000001DNA03\n;;;\n"
    )
    read = read_payments(text.encode())
    assert read.rows == [
        Payment(
            employer_code="0100000001DNA03",
            value_date="2026-11-20",
            amount_vnd=5_000_000_000,
            reference="VCB-1",
        )
    ]
    assert read.numbers == [3]


def test_a_name_in_quotes_may_hold_separators_and_ends_of_lines() -> None:
    text = f'{HEADER}\nincrease,001190000017,Nhung,2026-11,,,1,"may, ""ủi""\nvà cắt",\n{NHUNG}\n'
    read = read_declaration(text.encode())
    assert read.rows[0].position == 'may, "ủi"\nvà cắt'
    assert read.numbers == [2, 4]


def test_a_wrong_header_names_each_field() -> None:
    found = problems("kind,identifier,name,from_month,to_month,schemes,base_vnd,position,position\n")
    assert [(line, field) for line, field, _ in found] == [
        (1, "full_name"),
        (1, "unpaid_days"),
        (1, "name"),
        (1, "position"),
    ]


@pytest.mark.parametrize("content", ["", "\n\n", HEADER, HEADER + "\n"])
def test_a_file_without_lines_is_refused(content: str) -> None:
    assert problems(content)


def test_a_torn_line_is_named() -> None:
    assert [
        line for line, _, text in problems(f"{HEADER}\n{NHUNG}\nincrease,0011900\n") if "torn" in text
    ] == [3]
    assert problems(f'{HEADER}\n{NHUNG}\nincrease,"0011900')[0][0] == 3


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named_as_such(encoding: str) -> None:
    ((line, _, text),) = problems(f"{HEADER}\n{NHUNG}\n".encode(encoding))
    assert (line, "UTF-16" in text) == (1, True)


def test_windows_1258_is_refused_with_the_line_of_its_first_letter() -> None:
    text = f"{HEADER}\n{NHUNG.replace('Trần Thị Hồng Nhung', 'Nhung').replace('Công nhân may', '')}\n"
    text += "increase,001190000017,Đặng Thu Hà,2026-11,,,1,,\n".replace("ặ", "ă")
    ((line, _, told),) = problems(text.encode("cp1258"))
    assert (line, "UTF-8" in told) == (3, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "tăng"),
        ("kind", ""),
        ("identifier", "1.19E+09"),
        ("identifier", "12345"),
        ("full_name", ""),
        ("full_name", "\x07Nhung"),
        ("from_month", "2026-13"),
        ("from_month", "11/2026"),
        ("to_month", "2026-00"),
        ("schemes", "SI XX"),
        ("base_vnd", "8.500.000"),
        ("base_vnd", "-1"),
        ("base_vnd", "٣"),
        ("base_vnd", "10000000001"),
        ("unpaid_days", "32"),
        ("unpaid_days", "5d"),
        ("position", "x" * 101),
    ],
)
def test_a_wrong_value_is_named_by_line_and_field(field: str, value: str) -> None:
    values = dict(zip(HEADER.split(","), NHUNG.split(","), strict=True)) | {field: value}
    found = problems("\n".join([HEADER, NHUNG, ",".join(values.values())]))
    assert [(line, name) for line, name, _ in found] == [(3, field)]
    assert not value or value not in found[0][2]  # what was written may be personal


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("employer_code", "abc"),
        ("value_date", "20/11/2026"),
        ("amount_vnd", "0"),
        ("amount_vnd", ""),
        ("amount_vnd", "25,6"),
        ("reference", "a b"),
        ("reference", "x" * 41),
    ],
)
def test_a_wrong_value_of_a_payment_is_named(field: str, value: str) -> None:
    names = ("employer_code", "value_date", "amount_vnd", "reference")
    right = dict(zip(names, ("0100000001DNA03", "2026-11-20", "1", "r"), strict=True))
    text = ";".join(names) + "\n" + ";".join((right | {field: value}).values())
    assert [(line, name) for line, name, _ in problems(text, payments=True)] == [(2, field)]


def test_everything_that_is_wrong_is_told_up_to_fifty() -> None:
    wrong = "increase,1,Nhung,2026-11,,,x,,\n"
    assert len(problems(HEADER + "\n" + wrong * 3)) == 6
    with pytest.raises(WrongFile) as refused:
        read_declaration((HEADER + "\n" + wrong * 40).encode())
    assert (len(refused.value.problems), refused.value.more) == (50, 30)
    assert "and 79 more" in str(refused.value)


def test_one_line_more_than_a_declaration_may_have_is_refused() -> None:
    whole = f"{HEADER}\n" + f"{NHUNG}\n" * MOST_LINES
    assert len(read_declaration(whole.encode()).rows) == MOST_LINES
    ((line, _, text),) = problems(whole + NHUNG)
    assert (line, str(MOST_LINES) in text) == (MOST_LINES + 2, True)
