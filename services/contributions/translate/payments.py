"""Payments to the domain. Each field is read once: a collection file has up to 50,000."""

import re
from collections.abc import Container
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from lienthong import fields
from services.contributions.domain.lines import LineRefused
from services.contributions.translate.refusals import line_refusal
from vss.contributions.v1 import commands_pb2 as pb

_REFERENCE: Final = re.compile(r"[0-9A-Za-z./_-]{1,40}")
_EARLIEST: Final = date(1995, 1, 1).toordinal()


class Collected(NamedTuple):
    """One payment that can be read."""

    number: int
    """1 is the first."""
    employer_code: str
    day: int
    """Value date, as an ordinal."""
    amount_vnd: int
    reference: str


def read(
    request: pb.RecordPaymentsRequest, *, today: int
) -> tuple[dict[str, Collected], list[pb.LineRefusal]]:
    """The payments by reference, and those refused; of one reference the first counts."""
    collected: dict[str, Collected] = {}
    refused = []
    for number, payment in enumerate(request.payments, start=1):
        try:
            read_one = _payment(number, payment, today, collected)
        except LineRefused as error:
            refused.append(line_refusal(number, error.field, error.reason))
            continue
        collected[read_one.reference] = read_one
    return collected, refused


def _payment(number: int, payment: pb.Payment, today: int, others: Container[str]) -> Collected:
    if not (payment.employer_code.isascii() and payment.employer_code.isalnum()):
        raise LineRefused("EMPLOYER_UNKNOWN", "employer_code")
    day = _day(payment.value_date)
    if day is None:
        raise LineRefused("VALUE_DATE_MALFORMED", "value_date")
    if not _EARLIEST <= day <= today:
        raise LineRefused("VALUE_DATE_OUT_OF_RANGE", "value_date")
    if payment.amount_vnd <= 0:
        raise LineRefused("AMOUNT_WRONG", "amount_vnd")
    if not _REFERENCE.fullmatch(payment.reference):
        raise LineRefused("REFERENCE_MALFORMED", "reference")
    if payment.reference in others:
        raise LineRefused("REFERENCE_COUNTED", "reference")
    return Collected(number, payment.employer_code, day, payment.amount_vnd, payment.reference)


@lru_cache(4096)
def _day(text: str) -> int | None:
    try:
        return fields.calendar_day(text).toordinal()
    except fields.WrongField:
        return None
