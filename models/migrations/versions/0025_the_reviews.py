"""Products with everything that a listing says, their revisions, and change requests with their reviews.

Products that anyone but their seller could see count as published. `dealing` and `product_test_account` carry a product's logo, so
that policy can check who sees the image.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.events import send_events, stop_events

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TEXTS = postgresql.ARRAY(sa.Text())
KEYS = postgresql.ARRAY(sa.Uuid())
MOMENT = sa.DateTime(timezone=True)
NONE = "'{}'"  # the empty list
VISIBILITIES = ("LIMITED", "PUBLIC", "RESTRICTED", "REMOVED")
SERVICES = ("PORTS", "CONNECTIONS", "MANAGED_ACCOUNTS", "MARKETPLACE")
CATEGORIES = ("ASSESSMENTS", "IMPLEMENTATION", "MANAGED_SERVICES", "PREMIUM_SUPPORT", "TRAINING")
CHECKS = ("CONTENT", "ARCHITECTURE", "SECURITY", "DEMONSTRATION", "CAPABILITY")
SIDES = ("PUBLISHER", "OPERATOR")
KINDS = (
    "EMAIL_VERIFICATION",
    "INVITATION",
    "COMPANY_SUBMITTED",
    "COMPANY_VERIFIED",
    "COMPANY_REJECTED",
    "LISTING_APPROVED",
    "LISTING_REJECTED",
    "OFFER_REQUESTED",
    "OFFER_ACCEPTED",
    "CONNECTION_REQUESTED",
    "CONNECTION_DECIDED",
    "PROFILE_INQUIRY",
    "ORDER_APPROVAL_REQUESTED",
    "ORDER_APPROVAL_DECIDED",
    "MAINTENANCE",
    "SECURITY",
)
ADDED = ("LISTING_SUBMITTED", "LISTING_COMMENTED", "LISTING_PUBLISHED", "PRODUCT_REMOVED")
STATUSES = ("UNDER_REVIEW", "SUCCEEDED", "FAILED")
PAGES = (["id"], ["status", "id"], ["kind", "id"], ["reviewed_by", "id"], ["product_id", "id"])
OPEN = (("open", "'DRAFT', 'SUBMITTED'"), ("approved", "'APPROVED'"))
FUNCTIONS = {
    "test_account_seller": """
        DECLARE
            published timestamptz;
        BEGIN
            SELECT company_id, partner_id, visibility, logo_id, published_at
            INTO NEW.seller_id, NEW.seller_partner_id, NEW.product_visibility, NEW.product_logo_id, published
            FROM product WHERE id = NEW.product_id;
            IF published IS NULL THEN
                RAISE EXCEPTION 'A product gets test accounts once it is published' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END""",
    "test_account_visibility": """
        BEGIN
            UPDATE product_test_account SET product_visibility = NEW.visibility, product_logo_id = NEW.logo_id
            WHERE product_id = NEW.id;
            RETURN NULL;
        END""",
    "dealing_logo": """
        BEGIN
            SELECT logo_id INTO NEW.product_logo_id FROM product WHERE id = NEW.product_id;
            RETURN NEW;
        END""",
    "product_logo": """
        BEGIN
            UPDATE dealing SET product_logo_id = NEW.logo_id WHERE product_id = NEW.id;
            RETURN NULL;
        END""",
}
FORMER_FUNCTIONS = {
    "test_account_seller": """
        BEGIN
            SELECT company_id, visibility INTO NEW.seller_id, NEW.product_visibility FROM product WHERE id = NEW.product_id;
            RETURN NEW;
        END""",
    "test_account_visibility": """
        BEGIN
            UPDATE product_test_account SET product_visibility = NEW.visibility WHERE product_id = NEW.id;
            RETURN NULL;
        END""",
}
PUBLISH = """
    UPDATE product p SET
        slug = trim('-' FROM lower(regexp_replace(title, '[^a-zA-Z0-9]+', '-', 'g'))) || '-' || left(md5(p.id::text), 8),
        published_at = (SELECT min(r.published_at) FROM product_revision r WHERE r.product_id = p.id)
"""
PUBLISH_SEEN = """
    UPDATE product p SET published_at = created_at WHERE published_at IS NULL AND (
        visibility <> 'LIMITED' OR EXISTS (SELECT FROM dealing d WHERE d.product_id = p.id)
        OR EXISTS (SELECT FROM product_test_account t WHERE t.product_id = p.id)
    )
"""
READ_CONTENT = """
    UPDATE product_revision r SET
        summary = content->>'short_description',
        description = content->>'long_description',
        highlights = ARRAY(SELECT jsonb_array_elements_text(content->'highlights')),
        keywords = ARRAY(SELECT jsonb_array_elements_text(content->'keywords')),
        visibility = CASE WHEN p.visibility = 'LIMITED' THEN 'LIMITED' ELSE 'PUBLIC' END,
        publish_by = r.approved_at + interval '60 days',
        draft_of_id = CASE WHEN r.status NOT IN ('PUBLISHED', 'SUPERSEDED') AND r.number = (
            SELECT max(number) FROM product_revision n WHERE n.product_id = r.product_id
        ) THEN r.product_id END
    FROM product p WHERE p.id = r.product_id
"""
SHOW_PUBLISHED = """
    UPDATE product p SET summary = r.summary, description = r.description, highlights = r.highlights, keywords = r.keywords
    FROM product_revision r WHERE r.product_id = p.id AND (r.status = 'PUBLISHED' OR r.draft_of_id = p.id AND p.published_at IS NULL)
"""
READ_PROBLEMS = """
    UPDATE change_request SET
        problems = (SELECT coalesce(jsonb_agg(jsonb_build_object('code', 'OTHER', 'message', message)), '[]')
            FROM unnest(former_problems) message),
        submitted_at = created_at,
        decided_at = CASE WHEN status <> 'UNDER_REVIEW' THEN created_at END
"""
EXPLAIN_FAILED = """
    UPDATE change_request SET problems = '[{"code": "OTHER", "message": "No reason was recorded."}]'
    WHERE status = 'FAILED' AND problems = '[]'
"""
ONE_UNDER_REVIEW = """
    UPDATE change_request c SET status = 'WITHDRAWN', decided_at = created_at WHERE status = 'UNDER_REVIEW' AND EXISTS (
        SELECT FROM change_request o WHERE o.product_id = c.product_id AND o.status = 'UNDER_REVIEW' AND o.id > c.id
    )
"""


def upgrade() -> None:
    """Add columns, tables, indexes and triggers, and read the former JSON into columns."""
    for table in ("product", "product_revision"):
        _add_listing(table)
    _add_to_products()
    _add_to_revisions()
    _add_to_change_requests()
    _add_to_facts()
    send_events("change_request", "ChangeRequest")
    op.create_table(
        "product_slug",
        sa.Column("slug", sa.Text(), primary_key=True),
        sa.Column(
            "product_id",
            sa.Uuid(),
            sa.ForeignKey("product.id", name="product_slug_product_id_fk", ondelete="CASCADE"),
            nullable=False,
        ),
    )
    op.create_index("product_slug_product_id_ix", "product_slug", ["product_id"])
    op.create_table(
        "review_comment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "change_request_id",
            sa.Uuid(),
            sa.ForeignKey("change_request.id", name="review_comment_change_request_id_fk", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("author_id", sa.Uuid(), sa.ForeignKey("app_user.id", name="review_comment_author_id_fk")),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(f"by IN {SIDES}", name=op.f("review_comment_reviewside_check")),
    )
    op.create_index("review_comment_change_request_id_ix", "review_comment", ["change_request_id"])
    _allow_notifications((*KINDS, *ADDED))


def _add_listing(table: str) -> None:
    """Add what a listing says."""
    op.add_column(table, sa.Column("summary", sa.Text()))
    op.add_column(table, sa.Column("description", sa.Text()))
    for name in ("highlights", "keywords", "supports", "customer_references"):
        _add_filled(table, name, TEXTS, NONE)
    _add_filled(table, "related_ids", KEYS, NONE)
    op.add_column(table, sa.Column("logo_id", sa.Uuid(), sa.ForeignKey("image.id", name=f"{table}_logo_id_fk")))
    op.create_index(f"{table}_logo_id_ix", table, ["logo_id"])
    op.create_check_constraint(op.f(f"{table}_known_supports_check"), table, f"supports <@ ARRAY{list(SERVICES)}::text[]")


def _add_filled(table: str, name: str, kind: sa.types.TypeEngine[Any], value: str) -> None:
    """Add a column that is NOT NULL and that has a value in existing rows only."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=sa.text(value)))
    op.alter_column(table, name, server_default=None)


def _add_to_products() -> None:
    for name, kind in (("slug", sa.Text()), ("published_at", MOMENT), ("removal_at", MOMENT)):
        op.add_column("product", sa.Column(name, kind))
    op.execute(PUBLISH)
    op.execute(PUBLISH_SEEN)
    op.alter_column("product", "slug", nullable=False)
    op.drop_constraint(op.f("product_categories_check"), "product")
    for name, condition in (
        ("categories", "cardinality(categories) <= 3"),
        ("published_has_category", "published_at IS NULL OR cardinality(categories) > 0"),
        ("public_is_published", "visibility <> 'PUBLIC' OR published_at IS NOT NULL"),
    ):
        op.create_check_constraint(op.f(f"product_{name}_check"), "product", condition)
    op.create_index("product_due", "product", ["removal_at"], postgresql_where=sa.text("visibility = 'RESTRICTED'"))
    op.create_index(
        "product_published_slug", "product", ["slug"], unique=True, postgresql_where=sa.text("published_at IS NOT NULL")
    )


def _add_to_revisions() -> None:
    table = "product_revision"
    _add_filled(table, "visibility", sa.String(32), "'LIMITED'")
    _add_filled(table, "created_at", MOMENT, "now()")
    op.add_column(table, sa.Column("auto_publish", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(table, sa.Column("slug", sa.Text()))
    op.add_column(table, sa.Column("publish_by", MOMENT))
    product = sa.ForeignKey("product.id", name="product_revision_draft_of_id_fk", ondelete="CASCADE")
    op.add_column(table, sa.Column("draft_of_id", sa.Uuid(), product))
    op.execute(READ_CONTENT)
    op.execute(SHOW_PUBLISHED)
    op.drop_column(table, "content")
    op.create_unique_constraint("product_revision_draft_of_id_key", table, ["draft_of_id"])
    lists = "cardinality(categories) <= 3 AND cardinality(highlights) <= 3 AND cardinality(keywords) <= 3"
    for name, condition in (
        ("own_draft", "draft_of_id = product_id"),
        ("productvisibility", f"visibility IN {VISIBILITIES}"),
        ("possible_visibility", "visibility IN ('LIMITED', 'PUBLIC')"),
        ("lists", lists),
        ("known_categories", f"categories <@ ARRAY{list(CATEGORIES)}::text[]"),
    ):
        op.create_check_constraint(op.f(f"{table}_{name}_check"), table, condition)
    for name, states in OPEN:
        where = sa.text(f"status IN ({states})")
        op.create_index(f"{table}_one_{name}", table, ["product_id"], unique=True, postgresql_where=where)
    op.drop_index(f"{table}_one_published", table)
    where = sa.text("status IN ('PUBLISHED')")
    op.create_index(f"{table}_one_published", table, ["product_id"], unique=True, postgresql_where=where)
    _add_pages(table, (["id"], ["status", "id"], ["product_id", "id"]))
    op.create_index(f"{table}_due", table, ["publish_by"], postgresql_where=sa.text("status = 'APPROVED'"))


def _add_to_change_requests() -> None:
    table = "change_request"
    op.alter_column(table, "problems", new_column_name="former_problems")
    _add_filled(table, "problems", postgresql.JSONB(none_as_null=True), "'[]'")
    _add_filled(table, "checks", TEXTS, NONE)
    _add_filled(table, "test_account_ids", KEYS, NONE)
    _add_filled(table, "reviewed_by", sa.String(32), "'MACHINE'")
    _add_filled(table, "submitted_at", MOMENT, "now()")
    for name, kind in (
        ("visibility", sa.String(32)),
        ("dimensions", postgresql.JSONB(none_as_null=True)),
        ("last_comment_by", sa.String(32)),
        ("last_comment_at", MOMENT),
        ("decided_at", MOMENT),
        ("publish_by", MOMENT),
    ):
        op.add_column(table, sa.Column(name, kind))
    for name in ("submitted_by", "decided_by"):
        op.add_column(table, sa.Column(name, sa.Uuid(), sa.ForeignKey("app_user.id", name=f"{table}_{name}_fk")))
    changed = sa.ForeignKey("product_revision.id", name=f"{table}_revision_id_fk", ondelete="CASCADE")
    op.add_column(table, sa.Column("revision_id", sa.Uuid(), changed))
    op.create_index(f"{table}_revision_id_ix", table, ["revision_id"])
    op.drop_constraint(op.f(f"{table}_changerequeststatus_check"), table)
    for statement in (READ_PROBLEMS, EXPLAIN_FAILED, ONE_UNDER_REVIEW):
        op.execute(statement)
    op.drop_column(table, "former_problems")
    for name, condition in (
        ("changerequeststatus", f"status IN {(*STATUSES, 'WITHDRAWN')}"),
        ("reviewedby", "reviewed_by IN ('MACHINE', 'OPERATOR')"),
        ("productvisibility", f"visibility IN {VISIBILITIES}"),
        ("reviewside", f"last_comment_by IN {SIDES}"),
        ("known_checks", f"checks <@ ARRAY{list(CHECKS)}::text[]"),
        ("decided", "(status = 'UNDER_REVIEW') = (decided_at IS NULL)"),
        ("failed_has_problems", "(status = 'FAILED') = (problems <> '[]')"),
    ):
        op.create_check_constraint(op.f(f"{table}_{name}_check"), table, condition)
    where = "status = 'UNDER_REVIEW'"
    op.create_index(f"{table}_one_under_review", table, ["product_id"], unique=True, postgresql_where=sa.text(where))
    by_machine = sa.text(f"{where} AND reviewed_by = 'MACHINE'")
    op.create_index(f"{table}_for_machine", table, ["submitted_at"], postgresql_where=by_machine)
    _add_pages(table, PAGES)


def _add_pages(table: str, pages: tuple[list[str], ...]) -> None:
    """Create the indexes of pages, for each owner and for all rows."""
    for owner in (["company_id"], ["partner_id"], []):
        for page in pages if owner else pages[1:]:
            op.create_index(f"{table}_{'_'.join(owner + page)}_page", table, owner + page)


def _add_to_facts() -> None:
    """Let test accounts and dealings carry the product's logo, and test accounts the seller's partner."""
    for table in ("product_test_account", "dealing"):
        image = sa.ForeignKey("image.id", name=f"{table}_product_logo_id_fk")
        op.add_column(table, sa.Column("product_logo_id", sa.Uuid(), image))
        op.create_index(f"{table}_logo", table, ["product_logo_id"], postgresql_where=sa.text("product_logo_id IS NOT NULL"))
    partner = sa.ForeignKey("company.id", name="product_test_account_seller_partner_id_fk")
    op.add_column("product_test_account", sa.Column("seller_partner_id", sa.Uuid(), partner))
    op.execute("UPDATE product_test_account t SET seller_partner_id = p.partner_id FROM product p WHERE p.id = t.product_id")
    for seller in ("seller_id", "seller_partner_id"):
        op.create_index(f"product_test_account_{seller}_company_page", "product_test_account", [seller, "company_id"])
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body};$$")
    op.execute("DROP TRIGGER test_account_visibility ON product")
    op.execute(
        "CREATE TRIGGER test_account_visibility AFTER UPDATE OF visibility, logo_id ON product"
        " FOR EACH ROW EXECUTE FUNCTION test_account_visibility()"
    )
    op.execute(
        "CREATE TRIGGER product_logo AFTER UPDATE OF logo_id ON product"
        " FOR EACH ROW WHEN (OLD.logo_id IS DISTINCT FROM NEW.logo_id) EXECUTE FUNCTION product_logo()"
    )
    op.execute("CREATE TRIGGER dealing_logo BEFORE INSERT ON dealing FOR EACH ROW EXECUTE FUNCTION dealing_logo()")


def _allow_notifications(kinds: tuple[str, ...]) -> None:
    """Replace the check of the kind of notifications and emails."""
    for table in ("notification", "mail"):
        name = op.f(f"{table}_notificationkind_check")
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, f"kind IN {kinds}")


def downgrade() -> None:
    """Drop what was added. Listings keep their titles, categories, texts, highlights and keywords."""
    for table in ("notification", "mail"):
        op.execute(f"DELETE FROM {table} WHERE kind IN {ADDED}")
    _allow_notifications(KINDS)
    op.drop_table("review_comment")
    op.drop_table("product_slug")
    _drop_from_facts()
    _drop_from_change_requests()
    _drop_from_revisions()
    _drop_from_products()


def _drop_from_facts() -> None:
    for trigger, table in (("product_logo", "product"), ("dealing_logo", "dealing"), ("test_account_visibility", "product")):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for name in ("product_logo", "dealing_logo"):
        op.execute(f"DROP FUNCTION {name}()")
    for name, body in FORMER_FUNCTIONS.items():
        op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body};$$")
    op.execute(
        "CREATE TRIGGER test_account_visibility AFTER UPDATE OF visibility ON product"
        " FOR EACH ROW EXECUTE FUNCTION test_account_visibility()"
    )
    op.drop_column("product_test_account", "seller_partner_id")
    for table in ("product_test_account", "dealing"):
        op.drop_column(table, "product_logo_id")


def _drop_from_change_requests() -> None:
    table = "change_request"
    stop_events(table)
    op.execute(f"DELETE FROM {table} WHERE status = 'WITHDRAWN'")
    op.add_column(table, sa.Column("former_problems", TEXTS, nullable=False, server_default=sa.text(NONE)))
    op.execute(f"UPDATE {table} SET former_problems = ARRAY(SELECT each->>'message' FROM jsonb_array_elements(problems) each)")
    for name in ("decided", "failed_has_problems", "changerequeststatus"):
        op.drop_constraint(op.f(f"{table}_{name}_check"), table)
    for page in (["status", "id"], ["kind", "id"], ["product_id", "id"]):
        op.drop_index(f"{table}_{'_'.join(page)}_page", table)
        for owner in ("company_id", "partner_id"):
            op.drop_index(f"{table}_{'_'.join([owner, *page])}_page", table)
    for owner in ("company_id", "partner_id"):
        op.drop_index(f"{table}_{owner}_id_page", table)
    op.drop_index(f"{table}_one_under_review", table)
    for name in (
        *("problems", "checks", "reviewed_by", "submitted_at", "visibility", "test_account_ids", "dimensions"),
        *("last_comment_by", "last_comment_at", "decided_at", "publish_by", "submitted_by", "decided_by", "revision_id"),
    ):
        op.drop_column(table, name)
    op.alter_column(table, "former_problems", new_column_name="problems", server_default=None)
    op.create_check_constraint(op.f(f"{table}_changerequeststatus_check"), table, f"status IN {STATUSES}")


def _drop_from_revisions() -> None:
    table = "product_revision"
    op.add_column(table, sa.Column("content", postgresql.JSONB(none_as_null=True)))
    op.execute(
        f"UPDATE {table} SET content = jsonb_build_object('short_description', summary, 'long_description', description,"
        " 'highlights', highlights, 'keywords', keywords)"
    )
    op.alter_column(table, "content", nullable=False)
    for page in ("status_id", "product_id_id"):
        op.drop_index(f"{table}_{page}_page", table)
    for page in ("id", "status_id", "product_id_id"):
        for owner in ("company_id", "partner_id"):
            op.drop_index(f"{table}_{owner}_{page}_page", table)
    for name, _ in OPEN:
        op.drop_index(f"{table}_one_{name}", table)
    for name in ("lists", "known_categories"):
        op.drop_constraint(op.f(f"{table}_{name}_check"), table)
    for name in ("visibility", "created_at", "auto_publish", "version", "slug", "publish_by", "draft_of_id"):
        op.drop_column(table, name)
    _drop_listing(table)


def _drop_from_products() -> None:
    op.execute("UPDATE product SET categories = '{ASSESSMENTS}' WHERE categories = '{}'")
    for name in ("categories", "published_has_category", "public_is_published"):
        op.drop_constraint(op.f(f"product_{name}_check"), "product")
    op.create_check_constraint(op.f("product_categories_check"), "product", "cardinality(categories) BETWEEN 1 AND 3")
    for name in ("slug", "published_at", "removal_at"):
        op.drop_column("product", name)
    _drop_listing("product")


def _drop_listing(table: str) -> None:
    for name in (
        *("summary", "description", "highlights", "keywords", "supports", "customer_references", "related_ids", "logo_id"),
    ):
        op.drop_column(table, name)
