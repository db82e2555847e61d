"""The audit log also records denials, reads, view-as and explain, not only changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KINDS = ("CHANGE", "DENIAL", "EXPLAIN", "READ", "VIEW_AS")
OF_CHANGES = ("action", "table_name", "row_id", "changes", "company_id")
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "as_user_id": sa.Uuid(),
    "as_company_id": sa.Uuid(),
    "counts": postgresql.JSONB(none_as_null=True),
    "operation_name": sa.Text(),
    "operation_hash": sa.Text(),
    "policy_hash": sa.Text(),
}


def upgrade() -> None:
    """Add the columns, their constraints, and an index for each policy branch of readers of the log."""
    kind = sa.Enum(*KINDS, name="auditkind", native_enum=False, create_constraint=True, length=32)
    op.add_column("audit_event", sa.Column("kind", kind, server_default="CHANGE", nullable=False))
    for name, of_type in COLUMNS.items():
        op.add_column("audit_event", sa.Column(name, of_type, nullable=True))
    op.add_column("audit_event", sa.Column("requests", sa.Integer(), server_default="1", nullable=False))
    for name in OF_CHANGES:
        op.alter_column("audit_event", name, nullable=True)
    op.create_check_constraint(
        op.f("audit_event_whole_change_check"),
        "audit_event",
        "(kind = 'CHANGE') = (table_name IS NOT NULL AND changes IS NOT NULL)",
    )
    op.drop_index("audit_event_company_id_page", "audit_event")
    op.drop_index("audit_event_partner_id_page", "audit_event")
    op.create_index("audit_event_kind_page", "audit_event", ["kind", "id"])
    op.create_index("audit_event_actor_company_id_page", "audit_event", ["actor_company_id", "id"])
    op.create_index("audit_event_actor_company_id_kind_page", "audit_event", ["actor_company_id", "kind", "id"])
    op.create_index(
        "audit_event_as_company_id_page",
        "audit_event",
        ["as_company_id", "kind", "id"],
        postgresql_where=sa.text("as_company_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Remove all events but changes: the old table has no columns for the other kinds."""
    op.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_stays")
    op.execute("DELETE FROM audit_event WHERE kind <> 'CHANGE'")
    op.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_stays")
    for name in ("as_company_id", "actor_company_id_kind", "actor_company_id", "kind"):
        op.drop_index(f"audit_event_{name}_page", "audit_event")
    op.create_index("audit_event_partner_id_page", "audit_event", ["partner_id", "id"])
    op.create_index("audit_event_company_id_page", "audit_event", ["company_id", "id"])
    op.drop_constraint(op.f("audit_event_whole_change_check"), "audit_event")
    for name in OF_CHANGES:
        op.alter_column("audit_event", name, nullable=False)
    for name in ("requests", *COLUMNS, "kind"):
        op.drop_column("audit_event", name)
