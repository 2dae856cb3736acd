"""Statistics of collection: what employers owe, have paid and are charged as interest.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

from lienthong.statistics import definitions, tables
from services.contributions import flows

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Sizes of employers ask by employer what waits.
INDEX = "CREATE INDEX stat_delta_participation_employer_id_idx ON stat_delta_participation (employer_id)"
GRANTS = f"""
GRANT SELECT ({", ".join(flows.CHARGE.columns)}) ON charge TO {flows.FOLDER};
GRANT SELECT (employer_id, taken_over) ON employer_account TO {flows.FOLDER};
GRANT SELECT, DELETE ON {flows.CHARGE.delta} TO {flows.FOLDER};
"""


def upgrade() -> None:
    """Count charges, and sectors of employers; enter the dataflow. The functions of participants are new texts."""
    op.execute(flows.PARTICIPANTS_FUNCTIONS)
    op.execute(tables.widened(flows.EMPLOYER, flows.EMPLOYER_WITH_SECTOR))
    op.execute(tables.deltas(flows.CHARGE))
    op.execute(INDEX)
    op.execute(GRANTS)
    op.execute(tables.flow(flows.COLLECTION))
    op.execute(flows.COLLECTION_FUNCTIONS)


def downgrade() -> None:
    """Drop everything that upgrade made."""
    op.execute(definitions.drop(flows.COLLECTION.flow))
    op.execute(tables.drop_flow(flows.COLLECTION))
    op.execute("DROP INDEX stat_delta_participation_employer_id_idx")
    op.execute(tables.drop_deltas(flows.CHARGE))
    op.execute(f"REVOKE ALL ON charge, employer_account FROM {flows.FOLDER}")
    op.execute(tables.narrowed(flows.EMPLOYER_WITH_SECTOR, flows.EMPLOYER))
