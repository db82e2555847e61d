"""The derived columns, which the database computes from other rows so that they're always correct.

`owned` copies a company's partner to the rows that it owns. `profile_visibility` and `public_products` copy facts about the profile
and products to the company and its ports. Buyers and test accounts carry their seller. `dealing` counts offers.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OWNED = (
    "managed_account",
    "membership",
    "billing_market",
    "image",
    "marketplace_profile",
    "port",
    "connection_request",
    "product",
    "product_revision",
    "product_dimension",
    "change_request",
    "offer",
    "agreement",
    "invoice",
    "support_details",
)

FUNCTIONS = {
    "owned": """
        BEGIN
            SELECT partner_id INTO NEW.partner_id FROM company WHERE id = NEW.company_id;
            RETURN NEW;
        END""",
    "port_profile": """
        BEGIN
            SELECT profile_visibility INTO NEW.profile_visibility FROM company WHERE id = NEW.company_id;
            RETURN NEW;
        END""",
    "profile_visibility": """
        DECLARE
            changed uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.company_id ELSE NEW.company_id END;
            shown text := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.visibility END;
        BEGIN
            UPDATE company SET profile_visibility = shown WHERE id = changed;
            UPDATE port SET profile_visibility = shown WHERE company_id = changed;
            RETURN NULL;
        END""",
    "public_products": """
        BEGIN
            IF TG_OP <> 'INSERT' AND OLD.visibility = 'PUBLIC' THEN
                UPDATE company SET public_products = public_products - 1 WHERE id = OLD.company_id;
            END IF;
            IF TG_OP <> 'DELETE' AND NEW.visibility = 'PUBLIC' THEN
                UPDATE company SET public_products = public_products + 1 WHERE id = NEW.company_id;
            END IF;
            RETURN NULL;
        END""",
    "request_provider": """
        BEGIN
            SELECT company_id, partner_id INTO NEW.provider_id, NEW.provider_partner_id
            FROM port WHERE id = NEW.target_port_id;
            RETURN NEW;
        END""",
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
    "buyer_facts": """
        BEGIN
            SELECT company_id, partner_id, product_id INTO NEW.seller_id, NEW.seller_partner_id, NEW.product_id
            FROM offer WHERE id = NEW.offer_id;
            SELECT partner_id INTO NEW.partner_id FROM company WHERE id = NEW.company_id;
            RETURN NEW;
        END""",
    "dealings_of_new_buyers": """
        BEGIN
            INSERT INTO dealing (product_id, buyer_id, status, buyer_partner_id, seller_id, seller_partner_id, offers)
            SELECT b.product_id, b.company_id, o.status, b.partner_id, b.seller_id, b.seller_partner_id, count(*)
            FROM added b JOIN offer o ON o.id = b.offer_id
            GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3
            ON CONFLICT (product_id, buyer_id, status) DO UPDATE SET offers = dealing.offers + excluded.offers;
            RETURN NULL;
        END""",
    "dealings_of_old_buyers": """
        BEGIN
            WITH fewer AS (
                SELECT b.product_id, b.company_id, o.status, count(*) AS offers
                FROM removed b JOIN offer o ON o.id = b.offer_id GROUP BY 1, 2, 3
            ), gone AS (
                DELETE FROM dealing d USING fewer f
                WHERE (d.product_id, d.buyer_id, d.status) = (f.product_id, f.company_id, f.status) AND d.offers <= f.offers
            )
            UPDATE dealing d SET offers = d.offers - f.offers FROM fewer f
            WHERE (d.product_id, d.buyer_id, d.status) = (f.product_id, f.company_id, f.status) AND d.offers > f.offers;
            RETURN NULL;
        END""",
    "dealings_of_offer": """
        BEGIN
            IF TG_OP = 'DELETE' THEN
                DELETE FROM offer_buyer WHERE offer_id = OLD.id;
                RETURN OLD;
            END IF;
            IF NEW.status = OLD.status THEN
                RETURN NEW;
            END IF;
            DELETE FROM dealing d USING offer_buyer b
            WHERE b.offer_id = OLD.id AND d.offers = 1
            AND (d.product_id, d.buyer_id, d.status) = (b.product_id, b.company_id, OLD.status);
            UPDATE dealing d SET offers = d.offers - 1 FROM offer_buyer b
            WHERE b.offer_id = OLD.id AND d.offers > 1
            AND (d.product_id, d.buyer_id, d.status) = (b.product_id, b.company_id, OLD.status);
            INSERT INTO dealing (product_id, buyer_id, status, buyer_partner_id, seller_id, seller_partner_id, offers)
            SELECT b.product_id, b.company_id, NEW.status, b.partner_id, b.seller_id, b.seller_partner_id, 1
            FROM offer_buyer b WHERE b.offer_id = NEW.id ORDER BY 2
            ON CONFLICT (product_id, buyer_id, status) DO UPDATE SET offers = dealing.offers + 1;
            RETURN NEW;
        END""",
}

TRIGGERS = (
    *(f"CREATE TRIGGER owned BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION owned()" for table in OWNED),
    "CREATE TRIGGER port_profile BEFORE INSERT ON port FOR EACH ROW EXECUTE FUNCTION port_profile()",
    "CREATE TRIGGER profile_visibility AFTER INSERT OR UPDATE OF visibility OR DELETE ON marketplace_profile"
    " FOR EACH ROW EXECUTE FUNCTION profile_visibility()",
    "CREATE TRIGGER public_products AFTER INSERT OR UPDATE OF visibility OR DELETE ON product"
    " FOR EACH ROW EXECUTE FUNCTION public_products()",
    "CREATE TRIGGER request_provider BEFORE INSERT ON connection_request FOR EACH ROW EXECUTE FUNCTION request_provider()",
    "CREATE TRIGGER test_account_seller BEFORE INSERT ON product_test_account"
    " FOR EACH ROW EXECUTE FUNCTION test_account_seller()",
    "CREATE TRIGGER test_account_visibility AFTER UPDATE OF visibility ON product"
    " FOR EACH ROW EXECUTE FUNCTION test_account_visibility()",
    "CREATE TRIGGER buyer_facts BEFORE INSERT ON offer_buyer FOR EACH ROW EXECUTE FUNCTION buyer_facts()",
    "CREATE TRIGGER dealings_of_new_buyers AFTER INSERT ON offer_buyer REFERENCING NEW TABLE AS added"
    " FOR EACH STATEMENT EXECUTE FUNCTION dealings_of_new_buyers()",
    "CREATE TRIGGER dealings_of_old_buyers AFTER DELETE ON offer_buyer REFERENCING OLD TABLE AS removed"
    " FOR EACH STATEMENT EXECUTE FUNCTION dealings_of_old_buyers()",
    "CREATE TRIGGER dealings_of_offer AFTER UPDATE OF status ON offer FOR EACH ROW EXECUTE FUNCTION dealings_of_offer()",
    "CREATE TRIGGER buyers_of_offer BEFORE DELETE ON offer FOR EACH ROW EXECUTE FUNCTION dealings_of_offer()",
)


def upgrade() -> None:
    """Create the functions, then the triggers that call them."""
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body};$$")
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    """Drop the functions, which also drops their triggers."""
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}() CASCADE")
