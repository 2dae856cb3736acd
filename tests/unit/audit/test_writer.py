"""How a batch of entries travels: column by column, and never with a value that could pass for two."""

import psycopg
import pytest

from lienthong.audit.entry import AuditEntry
from lienthong.audit.writer import columns_of


def entry(**changed: object) -> AuditEntry:
    values: dict[str, object] = {
        "day": "2026-01-02", "request_id": "r", "status": 200, "outcome": "ok", "subjects_asked": ["a", "b"],
        "subjects_answered": [], "answer_created": 7, "answer_signature": "s", "answer_digest": "d",
    }  # fmt: skip
    return AuditEntry(**(values | changed))  # type: ignore[arg-type]  # the values are the test's


def test_each_column_holds_one_value_of_every_entry() -> None:
    columns = columns_of([entry(staff="x"), entry(request_id="r2", subjects_answered=[1, 2])])
    assert len(columns) == 20
    assert columns[:3] == ["2026-01-02\x1f2026-01-02", "r\x1fr2", "200\x1f200"]
    assert "x\x1f\x1e" in columns
    assert "{a,b}\x1f{a,b}" in columns
    assert "{}\x1f{1,2}" in columns


@pytest.mark.parametrize("value", ["a\x1fb", "\x1e", "a\x1e"])
def test_a_value_with_a_parting_character_is_refused(value: str) -> None:
    with pytest.raises(psycopg.DataError):
        columns_of([entry(), entry(detail=value)])
