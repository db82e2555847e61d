"""Ports, companies, managed accounts and locations are found by words of their names.

`name_terms` returns the words of a name as lexemes, each once for every scope of its row: `<scope>/<word>`. `name_query` is matched
with them: each word of the text is the start of a word in the scope. Words are those of `search_words`. After changing one of them,
rewrite all rows. An index on the terms finds only rows of one scope, in a time that doesn't depend on the others.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

MOST_WORDS = 16  # per search
TERMS = "RETURN name_terms(name, ARRAY['', {}]);"
OF_OWNER = "right(company_id::text, 12)"
OF_PARTNER = "right(partner_id::text, 12)"
OF_PUBLIC_PROFILES = "CASE WHEN profile_visibility = 'PUBLIC' THEN 'profile_visibility' END"
OF_SELLERS = "CASE WHEN public_products > 0 THEN 'public_products' END"
# name and arguments, return type, body
FUNCTIONS = (
    (
        "name_terms(name text, scopes text[])",
        "tsvector",
        """
            RETURN array_to_tsvector(ARRAY(
                SELECT DISTINCT scope || '/' || word FROM unnest(scopes) scope, unnest(search_words(name)) word WHERE scope IS NOT NULL
            ));""",
    ),
    (
        "name_query(scope text, written text)",
        "tsquery",
        f"""
            RETURN (
                SELECT string_agg(format('%L:*', scope || '/' || word), '&')::tsquery
                FROM unnest((search_words(written))[:{MOST_WORDS}]) word
            );""",
    ),
    ("port_name_terms(name text, company_id uuid, partner_id uuid)", "tsvector", TERMS.format(f"{OF_OWNER}, {OF_PARTNER}")),
    (
        "company_name_terms(name text, partner_id uuid, profile_visibility text, public_products int)",
        "tsvector",
        TERMS.format(f"{OF_PARTNER}, {OF_PUBLIC_PROFILES}, {OF_SELLERS}"),
    ),
    ("account_name_terms(name text, partner_id uuid)", "tsvector", TERMS.format(OF_PARTNER)),
    ("location_name_terms(name text)", "tsvector", "RETURN name_terms(name, ARRAY['']);"),
)
COLUMNS = {
    "port": "port_name_terms(name, company_id, partner_id)",
    "company": "company_name_terms(trading_name, partner_id, profile_visibility, public_products)",
    "managed_account": "account_name_terms(account_name, partner_id)",
    "location": "location_name_terms(name)",
}
INDEXED = ("port", "company", "managed_account")
TOLD = """
    DECLARE
        former jsonb;
        changed jsonb;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            former := to_jsonb(OLD);
            SELECT jsonb_agg(each.key ORDER BY each.key) INTO changed FROM jsonb_each(to_jsonb(NEW){}) each
            WHERE each.value IS DISTINCT FROM former -> each.key;
        END IF;
        PERFORM pg_notify('crossgate', jsonb_build_object('type', TG_ARGV[0], 'id', NEW.id, 'changed', changed)::text);
        RETURN NULL;
    END"""


def upgrade() -> None:
    """Add the functions, the columns and the indexes. Events don't report the columns as changed."""
    for signature, kind, body in FUNCTIONS:
        op.execute(
            sa.text(
                f"CREATE FUNCTION {signature} RETURNS {kind} LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE"
                f" SET search_path FROM CURRENT AS $$BEGIN {body} END;$$".replace(":", r"\:")
            )
        )
    for table, terms in COLUMNS.items():
        op.add_column(table, sa.Column("name_terms", postgresql.TSVECTOR(), sa.Computed(terms, persisted=True), nullable=False))
    for table in INDEXED:
        op.create_index(
            f"{table}_name_terms", table, ["name_terms"], postgresql_using="gin", postgresql_with={"fastupdate": "off"}
        )
    _define_told(" - 'name_terms'")


def downgrade() -> None:
    """Drop them."""
    _define_told("")
    for table in COLUMNS:
        op.drop_column(table, "name_terms")
    for signature, *_ in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature.partition('(')[0]}")


def _define_told(without: str) -> None:
    op.execute(f"CREATE OR REPLACE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $${TOLD.format(without)};$$")
