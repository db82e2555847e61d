"""Search over products, by their titles, summaries, keywords and sellers. It works like the search over profiles (migration 0008)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

VECTOR = """
    CREATE FUNCTION product_search_vector(title text, summary text, keywords text[], seller text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
        BEGIN
            RETURN search_vector(title, concat_ws(' ', summary, array_to_string(keywords, ' '), seller));
        END;$$
"""
FUNCTIONS = {
    "product_seller": """
        BEGIN
            SELECT trading_name INTO NEW.seller_name FROM company WHERE id = NEW.company_id;
            RETURN NEW;
        END""",
    "products_of_seller": """
        BEGIN
            UPDATE product SET seller_name = NEW.trading_name WHERE company_id = NEW.id;
            RETURN NULL;
        END""",
}
TRIGGERS = (
    "CREATE TRIGGER product_seller BEFORE INSERT ON product FOR EACH ROW EXECUTE FUNCTION product_seller()",
    "CREATE TRIGGER products_of_seller AFTER UPDATE OF trading_name ON company"
    " FOR EACH ROW WHEN (OLD.trading_name <> NEW.trading_name) EXECUTE FUNCTION products_of_seller()",
)


def upgrade() -> None:
    """Copy the sellers' names, and add what is searched."""
    op.add_column("product", sa.Column("seller_name", sa.Text()))
    op.execute("UPDATE product p SET seller_name = c.trading_name FROM company c WHERE c.id = p.company_id")
    op.alter_column("product", "seller_name", nullable=False)
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body};$$")
    for trigger in TRIGGERS:
        op.execute(trigger)
    op.execute(VECTOR)
    vector = sa.Computed("product_search_vector(title, summary, keywords, seller_name)", persisted=True)
    op.add_column("product", sa.Column("search", postgresql.TSVECTOR(), vector, nullable=False))
    op.create_index("product_search", "product", ["search"], postgresql_using="gin")


def downgrade() -> None:
    """Drop them. The index goes with its column."""
    for name in ("search", "seller_name"):
        op.drop_column("product", name)
    op.execute("DROP FUNCTION product_search_vector(text, text, text[], text)")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}() CASCADE")
