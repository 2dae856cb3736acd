"""Answers for people: tables and lines, Vietnamese first, then English."""

from collections.abc import Iterable, Sequence
from datetime import date

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lienthong.cli import show_benefit
from lienthong.client import (
    AuditEntry,
    BatchCoverageAnswer,
    Card,
    ContributionMonth,
    CoverageAnswer,
    DatedCoverageAnswer,
    FieldOutcome,
    IdentityAnswer,
    IdentityResult,
    LocalizedText,
    PaymentState,
    Person,
)
from lienthong.signing import PublicKey

_OUTCOMES = {
    FieldOutcome.MATCH: "[green]✓ khớp / match[/]",
    FieldOutcome.MISMATCH: "[red]✗ không khớp / mismatch[/]",
    FieldOutcome.NOT_ASKED: "[dim]– không hỏi / not asked[/]",
    FieldOutcome.UNSPECIFIED: "[dim]?[/]",
}
_STATES = {
    PaymentState.PAID: "[green]đã đóng / paid[/]",
    PaymentState.UNPAID: "[red]chưa đóng / unpaid[/]",
    PaymentState.DUE: "[yellow]trong hạn / due[/]",
    PaymentState.UNSPECIFIED: "[dim]?[/]",
}
SCHEMES = {
    "SCHEME_SOCIAL_INSURANCE": "BHXH",
    "SCHEME_HEALTH_INSURANCE": "BHYT",
    "SCHEME_UNEMPLOYMENT_INSURANCE": "BHTN",
    "SCHEME_VOLUNTARY_SOCIAL_INSURANCE": "BHXH tự nguyện",
}


def console() -> Console:
    """Standard output as it is now (tests and pipes exchange it)."""
    return Console(highlight=False)


def coverage(answer: CoverageAnswer, out: Console | None = None) -> None:
    """The desk's answer: yes or no first, then the reason, then the card."""
    out = out or console()
    yes = "[bold green]✓ được hưởng / covered[/]" if answer.covered else "[bold red]✗ không / not covered[/]"
    out.print(f"{yes}  [bold]{escape(answer.result_code)}[/]")
    _text(out, answer.result_text)
    if answer.card is not None:
        out.print(_card("Thẻ / card", answer.card))
    if answer.new_card is not None:
        out.print(_card("Thẻ mới / new card", answer.new_card))
    show_benefit.benefit(answer, out)


def dated_coverage(answer: DatedCoverageAnswer, out: Console | None = None) -> None:
    """Every card valid on the day."""
    out = out or console()
    day = _day(answer.as_of)
    if not answer.covered:
        out.print(f"[red]✗ không có thẻ có hiệu lực / no card valid[/] {day}")
    for card in answer.cards:
        out.print(_card(f"Hiệu lực / valid on {day}", card))


def batch(people: Sequence[Person], answer: BatchCoverageAnswer, out: Console | None = None) -> None:
    """One line a person, in the order of the file."""
    table = Table("#", "Số / identifier", "", "Kết quả / result")
    for number, (person, item) in enumerate(zip(people, answer.results, strict=True), 1):
        if item.response is not None:
            mark = "[green]✓[/]" if item.response.covered else "[red]✗[/]"
            told = f"{item.response.result_code} {item.response.result_text.vi}"
        else:
            mark = "[red]![/]"
            told = f"{item.error.reason}: {item.error.detail}" if item.error else "?"
        table.add_row(str(number), escape(person.identifier), mark, escape(told))
    (out or console()).print(table)


def identity(answer: IdentityAnswer, out: Console | None = None) -> None:
    """The outcome, and that of each field."""
    out = out or console()
    colour = "green" if answer.result is IdentityResult.MATCH else "red"
    out.print(f"[bold {colour}]{answer.result.name.lower().replace('_', ' ')}[/]")
    _text(out, answer.result_text)
    table = Table(show_header=False, box=None)
    table.add_row("họ tên / name", _OUTCOMES[answer.full_name])
    table.add_row("ngày sinh / born", _OUTCOMES[answer.born])
    table.add_row("giới tính / sex", _OUTCOMES[answer.sex])
    out.print(table)


def contributions(months: Iterable[ContributionMonth], out: Console | None = None) -> None:
    """One line a month and employer."""
    table = Table(
        Column("Tháng\n[dim]month", no_wrap=True),
        Column("Đơn vị\n[dim]employer", overflow="fold"),
        Column("Chế độ\n[dim]schemes"),
        Column("Mức đóng\n[dim]base, VND", no_wrap=True, justify="right"),
        Column("Trạng thái\n[dim]state", no_wrap=True),
        box=SIMPLE,
    )
    shown = ""
    for month in months:
        code = month.employer.code if month.employer else ""
        # The name once, not in every month of the same employer.
        employer = f"{code} {month.employer.name}" if month.employer and code != shown else code
        shown = code
        schemes = ", ".join(SCHEMES.get(s, s) for s in month.schemes)
        base = "" if month.base_vnd is None else f"{month.base_vnd:,}"
        table.add_row(escape(month.month), escape(employer), escape(schemes), base, _STATES[month.state])
    (out or console()).print(table)


def audit(entries: Iterable[AuditEntry], out: Console | None = None) -> None:
    """Two lines an entry: as wide as a terminal of 80 columns."""
    table = Table(
        Column("Lúc, mã yêu cầu\n[dim]at, request id", no_wrap=True),
        Column("Cơ quan, cán bộ\n[dim]agency, staff", overflow="fold"),
        Column("Đã hỏi gì, để làm gì\n[dim]what, why", overflow="fold"),
        Column("Kết quả\n[dim]outcome", overflow="fold"),
        box=SIMPLE,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for entry in entries:
        at = entry.recorded_at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if entry.recorded_at else ""
        colour = "green" if entry.outcome == "ok" else "red"
        table.add_row(
            f"{at}\n[dim]{escape(entry.request_id)}[/]",
            f"{escape(entry.agency_id)}\n[dim]{escape(entry.staff)}[/]",
            f"{escape(entry.rpc.rpartition('/')[2])}\n[dim]{escape(entry.purpose)}[/]",
            f"[{colour}]{entry.status}[/]\n[{colour}]{escape(entry.outcome)}[/]",
        )
    (out or console()).print(table)


def gateway_keys(fetched: dict[str, PublicKey], pinned: dict[str, PublicKey]) -> None:
    """Each key that the gateway shows or the agency has pinned, and whether they agree."""
    table = Table(Column("Khoá / key (RFC 7638)", no_wrap=True), "", "", box=SIMPLE, show_edge=False)
    for key_id, key in (pinned | fetched).items():
        state = "[green]pinned[/]" if key_id in pinned else "[yellow]not pinned[/]"
        if key_id not in fetched:
            state = "[red]pinned,\nnot shown[/]"
        table.add_row(key_id, key.algorithm, state)
    console().print(table)


def _card(title: str, card: Card) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    facility = card.registered_facility
    for label, value in (
        ("mã thẻ / card code", card.card_code),
        ("giá trị / valid", f"{_day(card.valid_from)} – {_day(card.valid_to)}"),
        ("mức hưởng / benefit", f"{card.benefit_percent} % (mã {card.benefit_digit})"),
        ("nơi ĐKKCB / registered at", f"{facility.code} {facility.name}" if facility else ""),
        ("đủ 5 năm từ / five years on", _day(card.five_years_on) if card.five_years_on else ""),
        ("khu vực / living area", card.living_area),
        ("trạng thái / status", card.status.name.lower()),
    ):
        if value:
            table.add_row(label, escape(value))
    return table


def _text(out: Console, text: LocalizedText) -> None:
    out.print(f"  {escape(text.vi)}\n  [dim]{escape(text.en)}[/]")


def _day(value: date | None) -> str:
    return value.strftime("%d/%m/%Y") if value else "?"
