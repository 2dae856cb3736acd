"""Subscriptions and deliveries for people."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from lienthong.cli.show import console
from lienthong.client.deliveries import Delivery, Subscription, SubscriptionAnswer, Subscriptions
from lienthong.deliveries import DeliveryRefused, Manifest, Verified


def subscription(answer: SubscriptionAnswer) -> None:
    """One subscription: what it is, and when it is delivered next."""
    one, out = answer.subscription, console()
    ended = bool(one.ended_at)
    said = "[yellow]✓ đã chấm dứt / ended[/]" if ended else "[green]✓ đăng ký / subscribed[/]"
    out.print(f"{said}  [bold]{escape(one.subscription_id)}[/]")
    out.print(f"  {escape(one.dataflow)} {escape(one.key or '*')}  {_formats(one)}", soft_wrap=True)
    if not ended:
        out.print(f"  [dim]kỳ tới / next[/] {one.next_period}  [dim]từ / from[/] {one.closes_at}")


def subscriptions(answer: Subscriptions) -> None:
    """One line a subscription."""
    table = Table(
        Column("Mã\n[dim]subscription", no_wrap=True),
        Column("Số liệu\n[dim]dataflow", overflow="fold"),
        Column("Khoá\n[dim]key", overflow="fold"),
        Column("Dạng\n[dim]format"),
        Column("Kỳ tới\n[dim]next", no_wrap=True),
        box=SIMPLE,
        show_edge=False,
    )
    for one in answer.subscriptions:
        table.add_row(
            one.subscription_id, escape(one.dataflow), escape(one.key or "*"), _formats(one), one.next_period
        )
    console().print(table)


def deliveries(found: Sequence[Delivery]) -> None:
    """One line a delivery."""
    table = Table(
        Column("Mã\n[dim]delivery", no_wrap=True),
        Column("Số liệu\n[dim]dataflow", overflow="fold"),
        Column("Kỳ\n[dim]period", no_wrap=True),
        Column("Số\n[dim]no.", justify="right"),
        Column("Dòng\n[dim]rows", justify="right"),
        Column("Tệp\n[dim]files", overflow="fold"),
        box=SIMPLE,
        show_edge=False,
    )
    for one in found:
        rows = f"{one.files[0].rows:,}" if one.files else ""
        files = ", ".join(file.name.rpartition(".")[2] for file in one.files)
        table.add_row(
            one.delivery_id, escape(one.dataflow), one.period, str(one.sequence), rows, escape(files)
        )
    console().print(table)


def fetched(manifest: Manifest, folder: Path) -> None:
    """What was written."""
    out = Console(stderr=True, soft_wrap=True, highlight=False)
    out.print(f"[green]✓ {escape(manifest.dataflow)} {manifest.period}[/]  {escape(str(folder))}")
    for file in manifest.files:
        out.print(f"  {escape(file.name)}  {file.rows:,}")


def verified(found: Sequence[Verified]) -> None:
    """They hold: of what they are."""
    out = console()
    for one in found:
        manifest = one.manifest
        out.print(
            f"[bold green]✓ đúng / holds[/]  [bold]{escape(manifest.dataflow)} {escape(manifest.period)}[/]"
            f"  [dim]{escape(str(one.folder))}[/]",
            soft_wrap=True,
        )
        out.print(f"  cơ quan / agency: {escape(manifest.agency_id)}   số / no.: {manifest.sequence}")
        out.print(f"  mốc dữ liệu / watermark: {escape(manifest.watermark)}")
        out.print(f"  [dim]khoá ký / key: {one.key_id}[/]")
        for file in manifest.files:
            out.print(f"  {escape(file.name)}: {file.rows:,} dòng / rows, {file.octets:,} byte")
        for name in one.uncounted:
            out.print(f"  [yellow]{escape(name)}: chưa đếm dòng / rows not counted (pyarrow)[/]")
        for name in one.strange:
            out.print(f"  [yellow]{escape(name)}: không có trong bản kê / not in the manifest[/]")


def refused(refusal_: DeliveryRefused) -> None:
    """Why not, and which file shows it."""
    out, text = console(), refusal_.reason.text
    out.print(f"[bold red]✗ không chấp nhận / refused[/]  [bold]{refusal_.reason.code}[/]")
    out.print(f"  [bold]{escape(refusal_.file)}[/]  {escape(refusal_.detail)}", soft_wrap=True)
    out.print(f"  {escape(text.vi)}\n  [dim]{escape(text.en)}[/]")


def refusal(refused_: DeliveryRefused) -> dict[str, Any]:
    """The same for programs."""
    text = refused_.reason.text
    return {
        "valid": False,
        "reason": refused_.reason.code,
        "file": refused_.file,
        "detail": refused_.detail,
        "text": {"vi": text.vi, "en": text.en},
    }


def values(one: Verified) -> dict[str, Any]:
    """A delivery that holds, for programs."""
    return {
        "folder": str(one.folder),
        "deliveryId": one.manifest.delivery_id,
        "agencyId": one.manifest.agency_id,
        "dataflow": one.manifest.dataflow,
        "period": one.manifest.period,
        "sequence": one.manifest.sequence,
        "watermark": one.manifest.watermark,
        "keyId": one.key_id,
        "manifestSha256": one.digest,
        "files": [file.name for file in one.manifest.files],
        "uncounted": list(one.uncounted),
        "notListed": list(one.strange),
    }


def _formats(one: Subscription) -> str:
    return ", ".join(form.name.lower() for form in one.formats)
