"""Register a unit (Law 41/2024/QH15 Art. 28.1)."""

from datetime import date, datetime, timedelta
from typing import Final

from lienthong import law
from lienthong.bus.handling import CommandContext
from lienthong.clock import VIETNAM
from lienthong.law import Days, Row
from services.contributions.translate import commands as translate
from services.contributions.translate.commands import NewUnit
from vss.contributions.v1 import commands_pb2 as pb

_OPEN: Final = b"""
WITH unit AS (
    INSERT INTO employer (employer_id, employer_code, name, province_code, sector, region,
                          reduced_accident_rate, obliged_since, registered_at, changed_at)
    VALUES (nextval('employer_number'), %(code)s, %(name)s, %(province)s, %(sector)s, %(region)s,
            %(reduced)s, %(obliged_since)s, %(registered_at)s, %(now)s)
    ON CONFLICT (employer_code) DO NOTHING
    RETURNING employer_id, province_code, sector
)
INSERT INTO employer_account (employer_id, province_code, sector, taken_over, changed_at)
SELECT employer_id, province_code, sector, date_trunc('month', %(obliged_since)s::date)::date, %(now)s FROM unit
"""
_FIND: Final = b"""
SELECT employer_code, name, province_code, sector, region, obliged_since, reduced_accident_rate, registered_at
FROM employer WHERE employer_code = %s
"""


def register(request: pb.RegisterEmployerRequest, context: CommandContext) -> pb.RegisterEmployerResponse:
    """See the contract."""
    registered_at = context.accepted_at
    unit = translate.new_unit(request, today=_day(registered_at))
    if unit.province_code != request.province_of_asker:
        raise translate.row_denied()
    values = {
        "code": unit.employer_code,
        "name": unit.name,
        "province": unit.province_code,
        "sector": unit.sector,
        "region": unit.region,
        "reduced": unit.reduced,
        "obliged_since": unit.obliged_since,
        "registered_at": registered_at,
        "now": context.now,
    }
    if not context.connection.execute(_OPEN, values).rowcount:
        registered_at = _registered_before(unit, context)
    rule = law.days().at("registration_days", unit.obliged_since)
    return pb.RegisterEmployerResponse(
        employer_code=unit.employer_code,
        days_late=_days_late(unit.obliged_since, rule, _day(registered_at)),
        law=translate.law_rows([rule]),
    )


def _registered_before(unit: NewUnit, context: CommandContext) -> datetime:
    """When it registered with the same data. Raises a ``Refusal`` for other data."""
    row = context.connection.execute(_FIND, [unit.employer_code]).fetchone()
    if row is None or NewUnit._make(row[:-1]) != unit or row[-1] is None:
        raise translate.already("EMPLOYER_EXISTS", "a unit with this code is registered with other data")
    registered_at: datetime = row[-1]
    return registered_at


def _days_late(obliged_since: date, rule: Row[Days], registered: date) -> int:
    deadline = obliged_since + timedelta(days=rule.value.number)
    return max(0, (registered - deadline).days)


def _day(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()
