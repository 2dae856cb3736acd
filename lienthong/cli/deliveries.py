"""Deliveries of statistics: subscribe, list, fetch, and verify without a line."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.markup import escape

from lienthong import deliveries
from lienthong.cli import show_deliveries as show
from lienthong.cli import show_statistics
from lienthong.cli.ask import AsJson, Legal, Purpose, Staff, asked_by, client_for, folder_of, print_json, tell
from lienthong.cli.failures import Exit, UsageProblem
from lienthong.cli.selecting import In, Language, Where, areas_of, flow_of, in_two_divisions, key_of
from lienthong.client import AgencyConfig
from lienthong.client import deliveries as asking
from lienthong.client.answers import read_answer
from lienthong.client.config import parse_gateway_keys, read_gateway_keys, read_settings
from lienthong.client.errors import AnswerNotTrusted, NotConfigured
from lienthong.deliveries import DeliveryRefused
from lienthong.deliveries.verification import Expected
from lienthong.signing import PublicKey


class FileFormat(StrEnum):
    """In which format figures are delivered."""

    CSV = "csv"
    PARQUET = "parquet"


DeliveryId: TypeAlias = Annotated[
    str, typer.Argument(metavar="DELIVERY", help="As `stats deliveries` shows it.")
]
SubscriptionId: TypeAlias = Annotated[
    str, typer.Argument(metavar="SUBSCRIPTION", help="As `stats subscriptions` shows it.")
]
_MOST_KEYS = 65_536
_PAGE = 200


def register(stats: typer.Typer) -> None:
    """Add these commands to those of statistics."""
    stats.command("subscribe")(stats_subscribe)
    stats.command("subscriptions")(stats_subscriptions)
    stats.command("unsubscribe")(stats_unsubscribe)
    stats.command("deliveries")(stats_deliveries)
    stats.command("fetch")(stats_fetch)
    stats.command("verify")(stats_verify)


def stats_subscribe(  # noqa: PLR0913 -- one parameter an option
    context: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="As `stats list` shows it: DF_PARTICIPANTS.")],
    where: Where = None,
    key: Annotated[str, typer.Option("--key", help="An SDMX key instead of --where: M.VN+VN_24.._T._T")] = "",
    formats: Annotated[
        list[FileFormat] | None, typer.Option("--format", help="Again for another. (default: csv)")
    ] = None,
    from_month: Annotated[
        str, typer.Option("--from", help="First month, YYYY-MM, up to 24 back. (default: that closes next)")
    ] = "",
    webhook: Annotated[
        bool, typer.Option("--webhook", help="Tell each delivery to the agency's registered address.")
    ] = False,
    subscription_id: Annotated[
        str, typer.Option("--id", help="A UUID of your own: the same one again is the same subscription.")
    ] = "",
    language: In = Language.VI,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """Have a dataflow delivered at each month's close. / Đăng ký nhận số liệu hằng tháng."""
    if key and where:
        raise UsageProblem("--key or --where, not both")
    chosen = flow_of(flow)
    named = key or key_of(chosen, where or [])
    if in_two_divisions(chosen, areas_of(chosen, named)):
        show_statistics.two_divisions()
    new = asking.NewSubscription(
        dataflow=chosen.id,
        key=named,
        formats=tuple(asking.FileFormat[one.name] for one in formats or [FileFormat.CSV]),
        language=language.value,
        webhook=webhook,
        from_month=from_month,
        subscription_id=subscription_id,
    )
    with client_for(context, json_output=json_output) as client:
        receipt = client.ask(asking.subscribe(new, asked_by(purpose, staff, legal_basis)))
    tell(read_answer(receipt, asking.SubscriptionAnswer), show.subscription, json_output=json_output)


def stats_subscriptions(
    context: typer.Context,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """The subscriptions that stand. / Các đăng ký đang có hiệu lực. Exits 1 when there is none."""
    with client_for(context, json_output=json_output) as client:
        receipt = client.ask(asking.subscriptions(asked_by(purpose, staff, legal_basis)))
    answer = read_answer(receipt, asking.Subscriptions)
    tell(answer, show.subscriptions, json_output=json_output)
    raise typer.Exit(Exit.YES if answer.subscriptions else Exit.NO)


def stats_unsubscribe(
    context: typer.Context,
    subscription: SubscriptionId,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """End a subscription; what was delivered stays. / Chấm dứt đăng ký."""
    with client_for(context, json_output=json_output) as client:
        receipt = client.ask(asking.unsubscribe(subscription, asked_by(purpose, staff, legal_basis)))
    tell(read_answer(receipt, asking.SubscriptionAnswer), show.subscription, json_output=json_output)


def stats_deliveries(  # noqa: PLR0913
    context: typer.Context,
    subscription: Annotated[str, typer.Option("--of", help="Only of this subscription.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1)] = 50,
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
    json_output: AsJson = False,
) -> None:
    """What was delivered. / Các kỳ số liệu đã gửi. Exits 1 when nothing was; with --json, one line a page."""
    found: list[asking.Delivery] = []
    token = ""
    with client_for(context, json_output=json_output) as client:
        while len(found) < limit:
            size = min(limit - len(found), _PAGE)
            by = asked_by(purpose, staff, legal_basis)
            page = read_answer(
                client.ask(asking.delivery_page(subscription, size, token, by)), asking.DeliveryPage
            )
            print_json(page.receipt, wanted=json_output)
            found += page.deliveries
            token = page.next_page_token
            if not token:
                break
    if not json_output:
        show.deliveries(found)
    raise typer.Exit(Exit.YES if found else Exit.NO)


def stats_fetch(
    context: typer.Context,
    delivery: DeliveryId,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder to write.")],
    purpose: Purpose = "",
    staff: Staff = "",
    legal_basis: Legal = "",
) -> None:
    """Fetch a delivery, verify it, and write it. / Tải một kỳ số liệu. Nothing is written that does not hold."""
    keys = AgencyConfig.load(folder_of(context)).gateway_keys
    with client_for(context, json_output=False) as client:
        try:
            fetched = asking.fetch(client.ask, delivery, keys, asked_by(purpose, staff, legal_basis))
            deliveries.write(output, fetched.files, fetched.octets, fetched.signature)
        except DeliveryRefused as refused:
            raise AnswerNotTrusted(f"{refused.file}: {refused.reason.text.en}") from refused
        except OSError as error:
            raise UsageProblem(f"{output}: {error.strerror}") from error
    show.fetched(fetched.manifest, output)


def stats_verify(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A delivery's folder, or one with several within it.")
    ],
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys", help="The gateway's public keys, a JWK set. (default: those that --agency pins)"
        ),
    ] = None,
    period: Annotated[str, typer.Option("--period", help="It must be of this month, YYYY-MM.")] = "",
    json_output: Annotated[bool, typer.Option("--json", help="Print what it says as JSON.")] = False,
) -> None:
    """Do deliveries hold? Asks nobody: no network. / Kiểm tra số liệu khi không có mạng. Exits 1 when not.

    Signature, digests, lengths, rows, and that each follows the one before it.
    """
    agency_id = read_settings(folder_of(context))["agency_id"] if context.obj is not None else ""
    try:
        found = deliveries.verify(folder, _keys(context, keys), Expected(agency_id=agency_id, period=period))
    except DeliveryRefused as refused:
        if json_output:
            _print_json(show.refusal(refused))
        else:
            show.refused(refused)
        raise typer.Exit(Exit.NO) from refused
    if json_output:
        _print_json({"valid": True, "deliveries": [show.values(one) for one in found]})
    else:
        show.verified(found)


def _keys(context: typer.Context, path: Path | None) -> dict[str, PublicKey]:
    """The keys in the file, else those that the agency has pinned. Raises UsageProblem, NotConfigured."""
    if path is None:
        if context.obj is None:
            raise UsageProblem(
                "say whose signature is believed: --keys FILE, or --agency DIR before the command"
            )
        pinned = read_settings(folder_of(context)).get("gateway_keys", "gateway-keys.json")
        return read_gateway_keys(folder_of(context) / pinned)
    try:
        with path.open("rb") as stream:
            return parse_gateway_keys(stream.read(_MOST_KEYS + 1))
    except (OSError, NotConfigured) as error:
        raise UsageProblem(f"{path}: {escape(str(error))}") from error


def _print_json(document: object) -> None:
    json.dump(document, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
