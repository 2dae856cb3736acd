"""Visits of people who do not exist, as rows: what the tests of the history read."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from services.health_claims.domain.history import Asker

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PERSON, NEIGHBOUR, NOBODY = 990_000_000_101, 990_000_000_102, 990_000_000_199
HERE, THERE, ELSEWHERE = "99001", "99002", "99003"
"""Facilities."""
_OPERATION = UUID(int=1)
_TABLES = ("dossier_sensitive", "dossier_service", "dossier_drug", "dossier", "stay")


def asker(**changed: Any) -> Asker:
    """The desk of ``HERE`` asks about ``PERSON``, whom it has not checked."""
    usual = Asker(PERSON, HERE, "admission", None, 0)
    return usual._replace(**changed)


class Records:
    """Writes rows as the owner of the database."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def forget(self) -> None:
        """Take everything of these people and of these facilities out."""
        known = (PERSON, NOBODY, [HERE, THERE, ELSEWHERE])
        for table in _TABLES:
            self._put(
                f"DELETE FROM {table} WHERE person_id BETWEEN %s AND %s OR facility_code = ANY(%s)",  # noqa: S608
                known,
            )

    def visit(self, treatment: str, *, person: int = PERSON, facility: str = THERE, **changed: Any) -> None:
        """A visit of two days that ended ``days_ago`` (10)."""
        left = NOW - timedelta(days=changed.pop("days_ago", 10))
        values: dict[str, Any] = {
            "person_id": person, "facility_code": facility, "treatment_code": treatment, "version": 1,
            "stands": True, "admitted_at": left - timedelta(days=2), "discharged_at": left, "received_at": left,
            "operation_id": _OPERATION, "outcome": 1, "has_sensitive": False, "visit_kind": "03",
            "patient_kind": "1.1", "main_diagnosis": "J18.9", "other_diagnoses": ["I10"],
            "diagnosis_text": "Viêm phổi", "card_code": "DN4010100000017", "digest": b"d" * 32, "content": b"",
            "cost_vnd": 1_000, "insured_cost_vnd": 900, "fund_vnd": 720, "copay_vnd": 180, "copay_counted_vnd": 180,
            "patient_vnd": 100, "fund_computed_vnd": 720,
        }  # fmt: skip
        self._insert("dossier", values | changed)

    def drug(self, treatment: str, substance: str, **changed: Any) -> None:
        """A drug of that visit, ordered ten days ago for thirty."""
        ordered = NOW.date() - timedelta(days=10)
        values: dict[str, Any] = {
            "person_id": PERSON, "facility_code": THERE, "treatment_code": treatment, "version": 1, "line": 1,
            "ordered_on": ordered, "lasts_until": ordered + timedelta(days=29), "substance_code": substance,
            "name": f"Thuốc {substance}", "strength": "500mg", "unit": "viên", "route": "Uống",
            "directions": "ngày 1 viên", "quantity": 30, "cost_vnd": 300, "fund_vnd": 240,
        }  # fmt: skip
        self._insert("dossier_drug", values | changed)

    def service(self, treatment: str, **changed: Any) -> None:
        """A service of that visit."""
        values: dict[str, Any] = {
            "person_id": PERSON, "facility_code": THERE, "treatment_code": treatment, "version": 1, "line": 1,
            "ordered_on": date(2026, 11, 11), "code": "18.0119.0028", "name": "X-quang", "unit": "lần",
            "quantity": "1.50", "cost_vnd": 700, "fund_vnd": 560,
        }  # fmt: skip
        self._insert("dossier_service", values | changed)

    def sensitive(self, treatment: str, diagnoses: Sequence[str] = ("B20",), **changed: Any) -> None:
        """What is sensitive of that visit."""
        values: dict[str, Any] = {
            "person_id": PERSON, "facility_code": THERE, "treatment_code": treatment, "version": 1,
            "diagnoses": list(diagnoses), "diagnosis_text": "Bệnh HIV", "has_hiv_table": True, "content": b"",
        }  # fmt: skip
        self._insert("dossier_sensitive", values | changed)

    def stay(self, *, person: int = PERSON, facility: str = HERE, **changed: Any) -> None:
        """An open stay since yesterday."""
        values: dict[str, Any] = {
            "person_id": person, "facility_code": facility, "treatment_code": "STAY-1",
            "opened_at": NOW - timedelta(days=1), "closed_at": None, "operation_id": _OPERATION,
        }  # fmt: skip
        self._insert("stay", values | changed)

    def _insert(self, table: str, values: dict[str, Any]) -> None:
        names, holes = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        self._put(f"INSERT INTO {table} ({names}) VALUES ({holes})", values)  # noqa: S608

    def _put(self, statement: str, values: Any) -> None:
        self._connection.execute(statement, values)  # type: ignore[arg-type]  # names of ours alone
