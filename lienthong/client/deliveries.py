"""Scheduled deliveries of statistics: subscribe, list, and fetch what was delivered, verified."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from lienthong import deliveries
from lienthong.client.answers import Answer, Known, Receipt, read_answer
from lienthong.client.questions import Asking, Question, said
from lienthong.client.statistics import PURPOSE
from lienthong.deliveries import DeliveryRefused, Manifest, Reason
from lienthong.signing import PublicKey

FILE_S = 60.0
"""For one try of a file: some megabytes over a slow line."""


class FileFormat(Known):
    """In which format a delivery has its figures."""

    UNSPECIFIED = "FILE_FORMAT_UNSPECIFIED"
    CSV = "FILE_FORMAT_CSV"
    PARQUET = "FILE_FORMAT_PARQUET"


class Subscription(Answer, frozen=True):
    """What is delivered to the agency each month; ``next_period`` is YYYY-MM."""

    subscription_id: str
    dataflow: str = ""
    key: str = ""
    formats: tuple[FileFormat, ...] = ()
    language: str = ""
    webhook: bool = False
    created_at: str = ""
    ended_at: str = ""
    next_period: str = ""
    closes_at: str = ""


class SubscriptionAnswer(Answer, frozen=True):
    """One subscription."""

    subscription: Subscription
    receipt: Receipt | None = None


class Subscriptions(Answer, frozen=True):
    """Those that stand."""

    subscriptions: tuple[Subscription, ...] = ()
    receipt: Receipt | None = None


class DeliveryFile(Answer, frozen=True):
    """One file of a delivery."""

    file_id: str
    name: str = ""
    media_type: str = ""
    octets: int = 0
    rows: int = 0
    sha256: str = ""


class Delivery(Answer, frozen=True):
    """A month of a subscription."""

    delivery_id: str
    subscription_id: str = ""
    dataflow: str = ""
    period: str = ""
    sequence: int = 0
    watermark: str = ""
    created_at: str = ""
    files: tuple[DeliveryFile, ...] = ()


class DeliveryPage(Answer, frozen=True):
    """A page, newest first; ``next_page_token`` is empty on the last one."""

    deliveries: tuple[Delivery, ...] = ()
    next_page_token: str = ""
    receipt: Receipt | None = None


class DeliveryAnswer(Answer, frozen=True):
    """One delivery with its manifest, exactly as it was signed, and the signature."""

    delivery: Delivery
    manifest: str
    signature: str
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What is subscribed to. ``key`` as in SDMX REST, empty for every series; ``from_month`` YYYY-MM.

    ``subscription_id`` is made up when empty; the same one again is the same subscription.
    """

    dataflow: str
    key: str = ""
    formats: tuple[FileFormat, ...] = (FileFormat.CSV,)
    language: str = ""
    webhook: bool = False
    from_month: str = ""
    subscription_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A delivery whose signature and digests hold, in memory."""

    manifest: Manifest
    octets: bytes
    signature: str
    files: Mapping[str, bytes]


def subscribe(new: NewSubscription, asking: Asking) -> Question:
    """``DeliveriesService.Subscribe``."""
    body = said(
        subscriptionId=new.subscription_id or str(uuid4()),
        dataflow=new.dataflow,
        key=new.key,
        formats=[one.value for one in new.formats],
        language=new.language,
        webhook=new.webhook,
        fromMonth=new.from_month,
    )
    return _question("/v1/subscriptions:create", asking, body)


def unsubscribe(subscription_id: str, asking: Asking) -> Question:
    """``DeliveriesService.Unsubscribe``."""
    return _question("/v1/subscriptions:end", asking, {"subscriptionId": subscription_id})


def subscriptions(asking: Asking) -> Question:
    """``DeliveriesService.ListSubscriptions``."""
    return _question("/v1/subscriptions", asking)


def delivery_page(subscription_id: str, page_size: int, page_token: str, asking: Asking) -> Question:
    """``DeliveriesService.ListDeliveries``."""
    given = said(subscriptionId=subscription_id, pageSize=page_size, pageToken=page_token)
    return _question("/v1/deliveries" + (f"?{urlencode(given)}" if given else ""), asking)


def delivery(delivery_id: str, asking: Asking) -> Question:
    """``DeliveriesService.GetDelivery``."""
    return _question(f"/v1/deliveries/{delivery_id}", asking)


def delivery_file(file_id: str, asking: Asking) -> Question:
    """``DeliveriesService.GetDeliveryFile``: the answer's body is the file."""
    return replace(_question(f"/v1/deliveryFiles/{file_id}", asking), timeout_s=FILE_S)


def _question(path: str, asking: Asking, body: dict[str, Any] | None = None) -> Question:
    asking = asking if asking.purpose else replace(asking, purpose=PURPOSE)
    return Question(path=path, body=body, asking=asking)


def paths() -> Iterator[str]:
    """Every route of these."""
    asking = Asking()
    yield subscribe(NewSubscription(dataflow=""), asking).path
    yield unsubscribe("", asking).path
    yield subscriptions(asking).path
    yield delivery_page("", 0, "", asking).path
    yield delivery("{delivery_id}", asking).path
    yield delivery_file("{file_id}", asking).path


def fetch(
    ask: Callable[[Question], Receipt], delivery_id: str, keys: Mapping[str, PublicKey], asking: Asking
) -> Fetched:
    """A delivery with all of its files, each of them as its signed manifest says; nothing is written.

    ``keys`` are the gateway's. Raises DeliveryRefused, and what ``ask`` raises.
    """
    answer = read_answer(ask(delivery(delivery_id, asking)), DeliveryAnswer)
    octets = answer.manifest.encode()
    deliveries.check(answer.signature, octets, keys, deliveries.SIGNATURE)
    manifest = deliveries.read(octets)
    if manifest.delivery_id != delivery_id:
        raise DeliveryRefused(Reason.OTHER, deliveries.MANIFEST, f"of delivery {manifest.delivery_id}")
    files = {}
    for file in manifest.files:
        ending = file.name.rpartition(".")[2]
        content = ask(delivery_file(f"{delivery_id}.{ending}", asking)).body
        if len(content) != file.octets:
            raise DeliveryRefused(Reason.SIZE, file.name)
        if deliveries.digest_of(content) != file.sha256:
            raise DeliveryRefused(Reason.DIGEST, file.name)
        files[file.name] = content
    return Fetched(manifest=manifest, octets=octets, signature=answer.signature, files=files)
