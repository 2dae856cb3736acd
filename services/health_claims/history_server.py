"""The servicer of the history: translate, query, decide by the row rule, translate."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from lienthong.clock import VIETNAM
from lienthong.rpc.errors import NotFound, PermissionDenied
from services.health_claims.domain.history import Asker, Ground, VisitKey, ground
from services.health_claims.history_queries import Found, PostgresHistory
from services.health_claims.translate import history as translate
from vss.health_claims.v1 import history_pb2 as pb
from vss.health_claims.v1 import history_pb2_grpc

FULL_NAME = "vss.health_claims.v1.HistoryQueryService"

T = TypeVar("T")
Facilities = Callable[[], Awaitable[translate.Facilities]]
# Nobody's: asked all the same, so that a name that was never given costs what any other does.
_NO_VISIT = VisitKey("", "")


class HistoryQuery(history_pb2_grpc.HistoryQueryServiceServicer):
    """``vss.health_claims.v1.HistoryQueryService``. ``facilities`` are every facility by its code."""

    def __init__(
        self,
        records: PostgresHistory,
        facilities: Facilities,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._facilities = facilities
        self._now = now

    async def ListVisits(self, request: pb.ListVisitsRequest, _context: Any) -> pb.ListVisitsResponse:
        """See the contract."""
        now = self._now()
        asker = translate.to_asker(request)
        query = translate.to_query(request, today=now.astimezone(VIETNAM).date())
        one_more = query._replace(rows=query.rows + 1)
        found = await self._records.visits(asker, one_more, whole=_is_whole(asker, now))
        shown = _shown(asker, found, now)
        return translate.visits_response(request, found.rows, query.rows, shown, await self._facilities())

    async def GetVisit(self, request: pb.GetVisitRequest, _context: Any) -> pb.GetVisitResponse:
        """See the contract."""
        now = self._now()
        asker = translate.to_asker(request)
        key = translate.to_visit_key(request.visit_id) or _NO_VISIT
        found = await self._records.visit(asker, key, whole=_is_whole(asker, now))
        shown = _shown(asker, found, now)
        if not found.rows:
            reason = "VISIT_UNKNOWN"
            raise NotFound(reason, "no such visit among those that are shown")
        (one,) = found.rows
        response = pb.GetVisitResponse(access=shown.value, person_id=request.person_id)  # type: ignore[arg-type]
        translate.fill_visit(response.visit, one.visit, await self._facilities())
        if shown.lines_of_sensitive or not one.visit.has_sensitive:
            response.drugs.extend(map(translate.drug_line, one.drugs))
            response.services.extend(map(translate.service_line, one.services))
        return response

    async def ListRunningDrugs(
        self, request: pb.ListRunningDrugsRequest, _context: Any
    ) -> pb.ListRunningDrugsResponse:
        """See the contract."""
        now = self._now()
        asker = translate.to_asker(request)
        day = translate.to_day(request, today=now.astimezone(VIETNAM).date())
        found = await self._records.running_drugs(asker, day, whole=_is_whole(asker, now))
        shown = _shown(asker, found, now)
        return translate.drugs_response(found.rows, shown, person_id=request.person_id)

    async def ListSensitiveVisits(
        self, request: pb.ListSensitiveVisitsRequest, _context: Any
    ) -> pb.ListSensitiveVisitsResponse:
        """See the contract."""
        now = self._now()
        asker = translate.to_asker(request)
        found = await self._records.sensitive_visits(asker, whole=_is_whole(asker, now))
        shown = _shown(asker, found, now)
        return translate.sensitive_response(found.rows, shown, person_id=request.person_id)


def _is_whole(asker: Asker, now: datetime) -> bool:
    """Whether every visit may be shown whatever the database says of stays."""
    known = ground(asker, now=now, open_stay=False, own_visits=False)
    return known is not None and known.whole


def _shown(asker: Asker, found: Found[T], now: datetime) -> Ground:
    """On which ground what was found may be shown. Raises ``PermissionDenied`` on none."""
    why = ground(asker, now=now, open_stay=found.open_stay, own_visits=found.own_visits)
    if why is None:
        reason = "ROW_DENIED"
        raise PermissionDenied(reason, "not admitted here, and no visit of this facility's")
    return why
