"""Statistics of coverage and of visits: what changes, and the figures.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

from lienthong.statistics import definitions, tables
from services.health_claims import flows

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SOURCES = (flows.CARD, flows.HOLDER, flows.DOSSIER, flows.FACILITY)
FLOWS = (
    (flows.COVERAGE, flows.COVERAGE_FUNCTIONS),
    (flows.VISITS, flows.VISITS_FUNCTIONS),
    (flows.VISITS_ICD, flows.VISITS_ICD_FUNCTIONS),
)

INDEX = """
-- When a facility moves to another province: whose cards name it.
CREATE INDEX card_facility_code_idx ON card (facility_code);
"""


def upgrade() -> None:
    """Create the tables of statistics and the dataflows."""
    op.execute(INDEX)
    op.execute(tables.STATISTICS)
    for source in SOURCES:
        op.execute(tables.deltas(source))
    for shape, functions in FLOWS:
        op.execute(tables.flow(shape))
        op.execute(functions)
    op.execute(tables.rights(flows.READER, flows.FOLDER, SOURCES, ["facility"]))
    # Of people what is counted and nothing more: no names, no numbers, no files.
    for source in (flows.CARD, flows.HOLDER, flows.DOSSIER):
        op.execute(f"GRANT SELECT ({', '.join(source.columns)}) ON {source.table} TO {flows.FOLDER}")
    op.execute(f"GRANT SELECT (person_id, facility_code) ON treatment TO {flows.FOLDER}")


def downgrade() -> None:
    """Drop everything that upgrade made."""
    for shape, _ in FLOWS:
        op.execute(definitions.drop(shape.flow))
    op.execute(f"REVOKE ALL ON card, holder, dossier, facility, treatment FROM {flows.FOLDER}")
    for source in SOURCES:
        op.execute(tables.drop_deltas(source))
    op.execute(tables.DROP)
    op.execute("DROP INDEX card_facility_code_idx")
