"""Webhook endpoints of companies, the changes that they hear of, and the deliveries.

The trigger that announces a change also records it, if an endpoint is subscribed. Changes and deliveries queue their jobs in the same
transaction. The jobs about one thing and one endpoint have the same lock, so they run in order, also while one waits to be repeated.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.notification_kinds import set_kinds

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

EVENTS = (
    "PORT_CREATED",
    "PORT_UPDATED",
    "ORDER_APPROVAL_UPDATED",
    "CONNECTION_REQUEST_UPDATED",
    "CHANGE_REQUEST_UPDATED",
    "OFFER_UPDATED",
    "LEAD_CREATED",
)
ALL_EVENTS = (*EVENTS, "WEBHOOK_TEST")
STATUSES = ("PENDING", "DELIVERED", "FAILED")
ROLES = "ARRAY['NETWORK_ADMIN', 'MARKETPLACE_EDITOR', 'FINANCE', 'VIEWER', 'REVIEWER', 'SUPPORT']"
KINDS = (
    "EMAIL_VERIFICATION",
    "INVITATION",
    "COMPANY_SUBMITTED",
    "COMPANY_VERIFIED",
    "COMPANY_REJECTED",
    "LISTING_SUBMITTED",
    "LISTING_COMMENTED",
    "LISTING_APPROVED",
    "LISTING_REJECTED",
    "LISTING_PUBLISHED",
    "PRODUCT_REMOVED",
    "OFFER_REQUESTED",
    "OFFER_SUBMITTED",
    "OFFER_APPROVED",
    "OFFER_REJECTED",
    "OFFER_ACCEPTED",
    "OFFER_EXPIRED",
    "AGREEMENT_CANCELLED",
    "AGREEMENT_ENDED",
    "CONNECTION_REQUESTED",
    "CONNECTION_DECIDED",
    "PROFILE_INQUIRY",
    "ORDER_APPROVAL_REQUESTED",
    "ORDER_APPROVAL_DECIDED",
    "MAINTENANCE",
    "SECURITY",
)
TOLD = """
    DECLARE
        former jsonb;
        changed jsonb;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            former := to_jsonb(OLD);
            SELECT jsonb_agg(each.key ORDER BY each.key) INTO changed FROM jsonb_each(to_jsonb(NEW) - 'name_terms') each
            WHERE each.value IS DISTINCT FROM former -> each.key;
        END IF;
        PERFORM pg_notify('crossgate', jsonb_build_object('type', TG_ARGV[0], 'id', NEW.id, 'changed', changed)::text);{}
        RETURN NULL;
    END"""
RECORDING = """
        PERFORM record_webhook_change(TG_ARGV[0], TG_TABLE_NAME, NEW.id, changed);"""
RECORD = """
    DECLARE
        name text := upper(of_table);
        columns text[] := CASE WHEN changed IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(changed)) END;
    BEGIN
        IF NOT EXISTS (
            SELECT FROM webhook_endpoint WHERE enabled
            AND (name || '_UPDATED' = ANY (events) OR columns IS NULL AND name || '_CREATED' = ANY (events))
        ) THEN
            RETURN;
        END IF;
        INSERT INTO webhook_change AS former (id, subject_type, subject_key, changed, transaction_id, created_at)
        VALUES (gen_random_uuid(), kind, key, columns, pg_current_xact_id()::text::bigint, now())
        ON CONFLICT (subject_key, transaction_id) DO UPDATE SET changed = CASE
            WHEN former.changed IS NULL OR EXCLUDED.changed IS NULL THEN NULL
            ELSE ARRAY(SELECT DISTINCT unnest(former.changed || EXCLUDED.changed) ORDER BY 1)
        END;
    END"""
CHANGE_DEFERRED = """
    BEGIN
        PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(
            'webhooks', 'spread_webhook_change', 0, 'webhook change ' || NEW.subject_key, NULL,
            jsonb_build_object('change_id', NEW.id), NULL
        )::procrastinate_job_to_defer_v1]);
        RETURN NULL;
    END"""
DELIVERY_DEFERRED = """
    BEGIN
        PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(
            'webhooks', 'send_webhook', 0, 'webhook ' || NEW.endpoint_id || ' ' || NEW.subject_key, NULL,
            jsonb_build_object('delivery_id', NEW.id), NULL
        )::procrastinate_job_to_defer_v1]);
        RETURN NULL;
    END"""


def upgrade() -> None:
    """Create the tables and the triggers."""
    _endpoints()
    _changes()
    _deliveries()
    for table in ("webhook_endpoint", "webhook_delivery"):
        op.execute(f"CREATE TRIGGER owned BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION owned()")
    for name, body in (("webhook_change_deferred", CHANGE_DEFERRED), ("webhook_delivery_deferred", DELIVERY_DEFERRED)):
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = procrastinate, pg_temp AS $${body};$$"
        )
    op.execute(
        "CREATE TRIGGER webhook_change_deferred AFTER INSERT ON webhook_change FOR EACH ROW"
        " EXECUTE FUNCTION webhook_change_deferred()"
    )
    op.execute(
        "CREATE TRIGGER webhook_delivery_deferred AFTER INSERT ON webhook_delivery FOR EACH ROW WHEN (NEW.status = 'PENDING')"
        " EXECUTE FUNCTION webhook_delivery_deferred()"
    )
    op.execute(
        "CREATE TRIGGER webhook_delivery_replayed AFTER UPDATE ON webhook_delivery FOR EACH ROW"
        " WHEN (OLD.status <> 'PENDING' AND NEW.status = 'PENDING') EXECUTE FUNCTION webhook_delivery_deferred()"
    )
    op.execute(
        "CREATE FUNCTION record_webhook_change(kind text, of_table text, key uuid, changed jsonb) RETURNS void"
        f" LANGUAGE plpgsql SET search_path FROM CURRENT AS $${RECORD};$$"
    )
    _define_told(RECORDING)
    set_kinds((*KINDS, "WEBHOOK_DISABLED"))


def downgrade() -> None:
    """Drop them. Jobs that are queued find nothing to do."""
    set_kinds(KINDS)
    _define_told("")
    op.execute("DROP FUNCTION record_webhook_change")
    for table in ("webhook_delivery", "webhook_change", "webhook_endpoint"):
        op.drop_table(table)
    for function in ("webhook_change_deferred", "webhook_delivery_deferred"):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("SET LOCAL search_path TO procrastinate")  # a trigger of the jobs needs it
    op.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'webhooks'")
    op.execute("SET LOCAL search_path TO DEFAULT")


def _define_told(recording: str) -> None:
    op.execute(f"CREATE OR REPLACE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $${TOLD.format(recording)};$$")


def _owned(table: str) -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("company.id", name=f"{table}_company_id_fk"), nullable=False),
        sa.Column("partner_id", sa.Uuid(), sa.ForeignKey("company.id", name=f"{table}_partner_id_fk")),
    ]


def _endpoints() -> None:
    op.create_table(
        "webhook_endpoint",
        *_owned("webhook_endpoint"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary()),
        sa.Column("previous_secret_until", sa.DateTime(timezone=True)),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.CheckConstraint("cardinality(events) > 0", name="some_event"),
        sa.CheckConstraint(f"events <@ ARRAY{list(EVENTS)}::text[]", name="known_events"),
        sa.CheckConstraint("cardinality(roles) > 0", name="some_role"),
        sa.CheckConstraint(f"roles <@ {ROLES}::text[]", name="known_roles"),
    )
    op.create_index("webhook_endpoint_company_id_page", "webhook_endpoint", ["company_id", "id"])
    op.create_index("webhook_endpoint_partner_id_company_id_page", "webhook_endpoint", ["partner_id", "company_id", "id"])


def _changes() -> None:
    op.create_table(
        "webhook_change",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subject_type", sa.String(32), nullable=False),
        sa.Column("subject_key", sa.Uuid(), nullable=False),
        sa.Column("changed", postgresql.ARRAY(sa.Text())),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("subject_key", "transaction_id", name="webhook_change_subject_key_transaction_id_key"),
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        *_owned("webhook_delivery"),
        sa.Column(
            "endpoint_id",
            sa.Uuid(),
            sa.ForeignKey("webhook_endpoint.id", name="webhook_delivery_endpoint_id_fk", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("subject_type", sa.String(32), nullable=False),
        sa.Column("subject_key", sa.Uuid(), nullable=False),
        sa.Column("changed", postgresql.ARRAY(sa.Text())),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("response_status", sa.Integer()),
        sa.Column("last_error", sa.String(200)),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("give_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"event IN {ALL_EVENTS}", name="webhookevent"),
        sa.CheckConstraint(f"status IN {STATUSES}", name="webhookdeliverystatus"),
        sa.CheckConstraint("(status = 'PENDING') = (next_attempt_at IS NOT NULL)", name="pending_has_next_attempt"),
    )
    op.create_index("webhook_delivery_endpoint_id_page", "webhook_delivery", ["endpoint_id", "id"])
    op.create_index("webhook_delivery_created_at_ix", "webhook_delivery", ["created_at"])
