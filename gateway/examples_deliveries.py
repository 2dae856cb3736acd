"""Example answers of the deliveries of statistics: see ``gateway.examples``."""

from typing import Any

_SERVICE = "vss.deliveries.v1.DeliveriesService"
_SUBSCRIPTION_ID = "0193b1c2-7d3e-4a61-9d5e-2f1c0a4b8e77"
_DELIVERY_ID = "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77"
_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

_SUBSCRIPTION: dict[str, Any] = {
    "subscriptionId": _SUBSCRIPTION_ID,
    "dataflow": "DF_PARTICIPANTS",
    "key": "M.VN+VN_24.._T._T",
    "formats": ["FILE_FORMAT_CSV"],
    "language": "vi",
    "webhook": False,
    "createdAt": "2026-11-02T08:15:30.214Z",
    "endedAt": "",
    "nextPeriod": "2026-10",
    "closesAt": "2026-11-05T17:00:00.000Z",
}
_DELIVERY: dict[str, Any] = {
    "deliveryId": _DELIVERY_ID,
    "subscriptionId": _SUBSCRIPTION_ID,
    "dataflow": "DF_PARTICIPANTS",
    "period": "2026-10",
    "sequence": 1,
    "watermark": "2026-11-05T17:00:03.512Z",
    "createdAt": "2026-11-05T17:00:03.871Z",
    "files": [
        {
            "fileId": f"{_DELIVERY_ID}.csv",
            "name": "DF_PARTICIPANTS-2026-10.csv",
            "mediaType": "text/csv",
            "octets": "1204",
            "rows": "8",
            "sha256": _SHA256,
        }
    ],
}
DELIVERY_ANSWERS: dict[str, dict[str, Any]] = {
    f"{_SERVICE}/Subscribe": {"subscription": _SUBSCRIPTION},
    f"{_SERVICE}/Unsubscribe": {
        "subscription": _SUBSCRIPTION
        | {"endedAt": "2027-03-01T03:20:11.100Z", "nextPeriod": "2027-02"}
        | {"closesAt": "2027-03-05T17:00:00.000Z"}
    },
    f"{_SERVICE}/ListSubscriptions": {"subscriptions": [_SUBSCRIPTION]},
    f"{_SERVICE}/ListDeliveries": {"deliveries": [_DELIVERY], "nextPageToken": ""},
    f"{_SERVICE}/GetDelivery": {
        "delivery": _DELIVERY,
        "manifest": '{\n  "schemaVersion": 1,\n  "deliveryId": "0193b1c2-7d3e-7a61-9d5e-2f1c0a4b8e77",\n  …\n}\n',
        "signature": "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9…..t5sZ…",
    },
}
FILES: dict[str, str] = {
    f"{_SERVICE}/GetDeliveryFile": "FREQ,FREQ_NAME,REF_AREA,REF_AREA_NAME,…,TIME_PERIOD,OBS_VALUE,…\r\n"
    "M,Hằng tháng,VN_24,Bắc Ninh,…,2026-10,118,…\r\n"
}
"""The beginning of a file that is an answer's whole body."""
