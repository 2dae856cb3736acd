"""What each process reads from its environment."""

import json
import subprocess
import sys
from functools import cache

from pydantic_settings import BaseSettings

from gateway.deliveries.settings import Settings as DeliverySettings
from gateway.settings import Settings
from lienthong.bus.settings import RelaySettings
from lienthong.rpc.settings import PREFIX, ServiceSettings
from lienthong.statistics.settings import FoldingSettings
from services.health_claims.settings import CertificateSettings
from tests.support.documents import ROOT

_CLASSES: dict[str, tuple[type[BaseSettings], ...]] = {
    "gateway": (Settings,),
    "gateway.deliveries": (DeliverySettings,),
    "services.identity": (ServiceSettings,),
    "services.contributions": (ServiceSettings,),
    "services.health_claims": (ServiceSettings, CertificateSettings),
    "lienthong.bus.relay": (RelaySettings,),
    "lienthong.statistics.folding": (FoldingSettings,),
}
# To import these changes the process that does (green threads, event loops): another one does it.
_ELSEWHERE = {
    "services.contributions.consumers": "lienthong.bus.consuming:ConsumerSettings",
    "services.health_claims.consumers": "lienthong.bus.consuming:ConsumerSettings",
    "gateway.consumers": "lienthong.bus.consuming:ConsumerSettings",
    "gateway.webhooks": "gateway.webhooks:Settings",
}
_ASK = """
import importlib, json, sys
module, _, name = sys.argv[1].partition(":")
fields = getattr(importlib.import_module(module), name).model_fields
print(json.dumps({field: info.is_required() for field, info in fields.items()}))
"""


@cache
def variables(module: str) -> dict[str, bool]:
    """Each variable that ``python -m module`` reads, and whether it must be given."""
    if module in _CLASSES:
        known = [info for kind in _CLASSES[module] for info in kind.model_fields.items()]
        fields = {name: info.is_required() for name, info in known}
    else:
        asked = [sys.executable, "-c", _ASK, _ELSEWHERE[module]]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
        fields = json.loads(done.stdout)
    return {f"{PREFIX}{name.upper()}": required for name, required in fields.items()}


def expect_fitting(module: str, given: set[str]) -> None:
    """The process gets every variable that it needs, and none of ours that it does not know."""
    known = variables(module)
    ours = {name for name in given if name.startswith(PREFIX)}
    assert ours <= known.keys()
    assert ours >= {name for name, required in known.items() if required}
