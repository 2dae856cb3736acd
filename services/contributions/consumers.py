"""The contributions service's bus process: ``python -m services.contributions.consumers``.

Every command is carried out once (:mod:`lienthong.bus.inbox`); months are opened and
states told by the clock. Imports no grpc.
"""

from lienthong.bus import consuming  # isort: split

from lienthong.statistics import tables
from services.contributions.commands import compliance, opening
from services.contributions.commands.servicer import ContributionsCommands
from vss.contributions.v1 import commands_pb2

CONSUMERS = consuming.Consumers(
    name="contributions",
    commands=commands_pb2.DESCRIPTOR.services_by_name["ContributionsCommandService"],
    servicer=ContributionsCommands(),
    timers=(
        consuming.Timer("open_months", opening.open_months),
        consuming.Timer("tell_states", opening.tell_states),
        consuming.Timer("judge_months", compliance.judge_months),
    ),
    behind=tables.BEHIND,
)

if __name__ == "__main__":
    consuming.run(CONSUMERS)
