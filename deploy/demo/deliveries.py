"""A ministry need not ask each month: it subscribes, is delivered what has closed, and verifies it without a line."""

import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from deploy.demo.people import MINISTRY
from deploy.demo.stage import NotAsTold, Stage, expect
from gateway.deliveries.periods import CLOSE_DAYS, before, last_closed, written
from lienthong import deliveries
from lienthong.client import AgencyConfig, Asking, Receipt
from lienthong.client import deliveries as asked
from lienthong.client.answers import read_answer
from lienthong.client.questions import Question
from lienthong.deliveries import DeliveryRefused, Reason
from lienthong.signing import PublicKey

_FLOW = "DF_PARTICIPANTS"
_FORMATS = (asked.FileFormat.CSV, asked.FileFormat.PARQUET)
_MONTHS = 2
_SOON_S, _PAUSE_S = 30.0, 0.25
_ASKING = Asking()


def scheduled(stage: Stage) -> list[str]:
    """From two months ago on, so that the story need not wait for a month to close."""
    newest = last_closed(datetime.now(UTC), CLOSE_DAYS)
    months = [written(before(newest, number)) for number in reversed(range(_MONTHS))]
    new = asked.NewSubscription(dataflow=_FLOW, formats=_FORMATS, from_month=months[0])
    ask = partial(_ask, stage)
    subscription = read_answer(ask(asked.subscribe(new, _ASKING)), asked.SubscriptionAnswer).subscription
    try:
        made = _made(stage, subscription.subscription_id)
        expect([one.period for one in made], months, "the months that were delivered")
        lines = _kept(stage, made)
    finally:
        # What was delivered stays; the next telling begins with a subscription of its own.
        ask(asked.unsubscribe(subscription.subscription_id, _ASKING))
    return lines


def _made(stage: Stage, subscription_id: str) -> list[asked.Delivery]:
    """The deliveries, oldest first, once they are there."""
    deadline = time.monotonic() + _SOON_S
    question = asked.delivery_page(subscription_id, _MONTHS, "", _ASKING)
    while True:
        answer = read_answer(stage.client(MINISTRY).ask(question), asked.DeliveryPage)
        if len(answer.deliveries) == _MONTHS or time.monotonic() > deadline:
            stage.answered(MINISTRY, answer.receipt)
            return list(reversed(answer.deliveries))
        time.sleep(_PAUSE_S)


def _kept(stage: Stage, made: list[asked.Delivery]) -> list[str]:
    """Fetched into a folder that is believed by the gateway's public keys alone: nobody is asked any more."""
    folder = stage.stack.run / "deliveries"
    shutil.rmtree(folder, ignore_errors=True)
    keys = AgencyConfig.load(stage.folder(MINISTRY)).gateway_keys
    try:
        for one in made:
            fetched = asked.fetch(partial(_ask, stage), one.delivery_id, keys, _ASKING)
            deliveries.write(folder / one.period, fetched.files, fetched.octets, fetched.signature)
        held = deliveries.verify(folder, keys)
    except DeliveryRefused as error:
        raise NotAsTold(str(error)) from error
    lines = [
        f"{one.manifest.period}  số / number {one.manifest.sequence}: "
        + ", ".join(f"{file.name} ({file.rows:,} dòng / rows)" for file in one.manifest.files)
        for one in held
    ]
    newest = held[-1]
    return [
        *lines,
        "[bold]đúng / holds[/]: chữ ký, từng tệp, chuỗi kỳ / the signatures, each file, the chain of months",
        _changed(newest.folder / newest.manifest.files[0].name, keys),
        f"lienthong stats verify {folder} --keys {stage.folder(MINISTRY) / 'gateway-keys.json'}",
    ]


def _changed(file: Path, keys: Mapping[str, PublicKey]) -> str:
    """One octet of a file is another for a moment: it is found, and the file is named."""
    octets = file.read_bytes()
    file.write_bytes(bytes([octets[0] ^ 1]) + octets[1:])
    try:
        deliveries.verify(file.parent, keys)
    except DeliveryRefused as error:
        expect((error.reason, Path(error.file)), (Reason.DIGEST, file), "why it is not believed")
        return f"sửa một byte / one octet changed: {error.reason.text.vi} / {error.reason.text.en}"
    finally:
        file.write_bytes(octets)
    raise NotAsTold("a changed file was believed")


def _ask(stage: Stage, question: Question) -> Receipt:
    receipt = stage.client(MINISTRY).ask(question)
    stage.answered(MINISTRY, receipt)
    return receipt
