"""Files of lines to command: CSV with a header, as spreadsheets write it.

UTF-8 with or without a byte-order mark; comma or semicolon between fields (a Vietnamese
Excel writes the latter). A file is read as a whole or not at all: everything that is
wrong with it is told, by line and field, up to :data:`MOST_PROBLEMS`.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from lienthong import fields
from lienthong.client.commands import SCHEMES, DeclarationLine, Payment
from lienthong.client.errors import ClientError

MOST_LINES: Final = 50_000
MOST_PROBLEMS: Final = 50

DECLARATION: Final = (
    *("kind", "identifier", "full_name", "from_month", "to_month", "schemes", "base_vnd", "position"),
    "unpaid_days",
)
"""The header of a declaration."""
PAYMENTS: Final = ("employer_code", "value_date", "amount_vnd", "reference")
"""The header of a bank's collection file."""
KINDS: Final = ("increase", "decrease", "change", "correction", "unpaid_leave")

_MOST_VND: Final = 10_000_000_000
_MOST_PAID_VND: Final = 1_000_000_000_000
_MOST_DAYS: Final = 31
_LONGEST_POSITION: Final = 100
_REFERENCE: Final = re.compile(r"[0-9A-Za-z./_-]{1,40}")
_EMPLOYER: Final = re.compile(r"[0-9A-Z]{6,20}")
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong where; ``line`` as an editor counts, 1 is the header; ``field`` may be empty."""

    line: int
    field: str
    text: str


class WrongFile(ClientError):
    """The file cannot be taken as it is; nothing was sent or changed. ``more``: problems beyond those listed."""

    def __init__(self, problems: Sequence[FileProblem], more: int = 0) -> None:
        first = problems[0]
        where = f"line {first.line}" + (f", {first.field}" if first.field else "")
        others = len(problems) + more - 1
        super().__init__(f"{where}: {first.text}" + (f" (and {others} more)" if others else ""))
        self.problems = tuple(problems)
        self.more = more


@dataclass(frozen=True, slots=True)
class Lines(Generic[T]):
    """What a file says: ``rows``, and the line of the file that each of them came from."""

    rows: list[T]
    numbers: list[int]


def read_declaration(content: bytes) -> Lines[DeclarationLine]:
    """The lines of a declaration. Raises :class:`WrongFile`."""
    return read_lines(content, DECLARATION, _declaration_line)


def read_payments(content: bytes) -> Lines[Payment]:
    """The payments of a bank's collection file. Raises :class:`WrongFile`."""
    return read_lines(content, PAYMENTS, _payment)


class Row:
    """One line's fields by name; collects what is wrong with them."""

    def __init__(self, line: int, values: Mapping[str, str], problems: list[FileProblem]) -> None:
        self._line = line
        self._values = values
        self._problems = problems

    def text(self, name: str, check: Callable[[str], str] | None = None, *, required: bool = True) -> str:
        """The field in the form that ``check`` gives it; empty when it is wrong."""
        value = self._values[name].strip()
        if not value:
            if required:
                self.wrong(name, "is missing")
            return ""
        try:
            return check(value) if check else value
        except fields.WrongField as error:
            self.wrong(name, str(error))
            return ""

    def number(self, name: str, *, least: int = 0, most: int, required: bool = False) -> int:
        """The field as a whole number; 0 when it is empty or wrong."""
        value = self._values[name].strip()
        if not value:
            if required:
                self.wrong(name, "is missing")
            return 0
        if not (value.isascii() and value.isdigit()) or not least <= int(value) <= most:
            self.wrong(name, f"expected a whole number from {least} to {most}, digits only")
            return 0
        return int(value)

    def wrong(self, name: str, text: str) -> None:
        """Note a problem."""
        self._problems.append(FileProblem(self._line, name, text))


def read_lines(content: bytes, header: Sequence[str], convert: Callable[[Row], T]) -> Lines[T]:
    """The lines of a file with this header, each as ``convert`` makes it. Raises :class:`WrongFile`."""
    lines = _split(_text(content))
    problems: list[FileProblem] = []
    read: Lines[T] = Lines([], [])
    names: list[str] | None = None
    try:
        for number, row in lines:
            if names is None:
                names = _names(row, header)
                continue
            if len(row) != len(names):
                told = f"expected {len(names)} fields and found {len(row)}: the line is torn"
                problems.append(FileProblem(number, "", told))
                continue
            read.rows.append(convert(Row(number, dict(zip(names, row, strict=True)), problems)))
            read.numbers.append(number)
            if len(read.rows) > MOST_LINES:
                problems.append(FileProblem(number, "", f"expected at most {MOST_LINES} lines"))
                break
    except _Torn as torn:
        problems.append(FileProblem(torn.line, "", f"the line is torn: {torn}"))
    if not problems and not read.rows:
        problems.append(FileProblem(1, "", "the file has no lines after its header"))
    if problems:
        raise WrongFile(problems[:MOST_PROBLEMS], max(len(problems) - MOST_PROBLEMS, 0))
    return read


class _Torn(Exception):
    """Quotation marks that do not close, or stand where none may."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def _text(content: bytes) -> str:
    if content.startswith(_UTF_16) or b"\0" in content[:200]:
        told = "the file is UTF-16: save it as CSV UTF-8"
        raise WrongFile([FileProblem(1, "", told)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = "the file is not UTF-8 (Windows-1258 or TCVN3?): save it as CSV UTF-8"
        raise WrongFile([FileProblem(line, "", told)]) from None


def _split(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every line that holds something, with the number on which it begins. Raises ``_Torn``."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _Torn(number, str(error)) from None
        if any(row):
            yield number, row


def _names(row: Sequence[str], header: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in row]
    problems = [FileProblem(1, name, "the header lacks this field") for name in header if name not in names]
    for index, name in enumerate(names):
        if name not in header:
            problems.append(FileProblem(1, name, "the header has a field that is not known here"))
        elif name in names[:index]:
            problems.append(FileProblem(1, name, "the header has this field twice"))
    if problems:
        raise WrongFile(problems[:MOST_PROBLEMS], max(len(problems) - MOST_PROBLEMS, 0))
    return names


def _declaration_line(row: Row) -> DeclarationLine:
    return DeclarationLine(
        kind=row.text("kind", _kind),
        identifier=row.text("identifier", fields.person_identifier),
        full_name=row.text("full_name", fields.full_name),
        from_month=row.text("from_month", _month),
        to_month=row.text("to_month", _month, required=False),
        schemes=tuple(row.text("schemes", _schemes, required=False).split()),
        base_vnd=row.number("base_vnd", most=_MOST_VND),
        position=row.text("position", _position, required=False),
        unpaid_days=row.number("unpaid_days", most=_MOST_DAYS),
    )


def _payment(row: Row) -> Payment:
    return Payment(
        employer_code=row.text("employer_code", _employer),
        value_date=row.text("value_date", lambda text: fields.calendar_day(text).isoformat()),
        amount_vnd=row.number("amount_vnd", least=1, most=_MOST_PAID_VND, required=True),
        reference=row.text("reference", _reference),
    )


def _kind(text: str) -> str:
    if text.lower() not in KINDS:
        raise fields.WrongField(f"expected one of {', '.join(KINDS)}")
    return text.lower()


def _month(text: str) -> str:
    fields.month(text)
    return text


def _schemes(text: str) -> str:
    codes = text.upper().replace("+", " ").split()
    if not set(codes) <= set(SCHEMES):
        raise fields.WrongField(f"expected {', '.join(SCHEMES)}, with a space or + between them")
    return " ".join(codes)


def _position(text: str) -> str:
    if len(text) > _LONGEST_POSITION:
        raise fields.WrongField(f"expected at most {_LONGEST_POSITION} characters")
    return text


def _employer(text: str) -> str:
    if _EMPLOYER.fullmatch(text) is None:
        raise fields.WrongField("expected a unit code of 6 to 20 digits and capital letters")
    return text


def _reference(text: str) -> str:
    if _REFERENCE.fullmatch(text) is None:
        raise fields.WrongField("expected at most 40 letters, digits, and . / _ -")
    return text
