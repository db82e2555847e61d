"""The SQL of the hand-written server, including authorization. `$1`, `$2` are the parameters that its functions pass."""

from __future__ import annotations

from typing import Final

PORT_COLUMNS: Final = """
    p.id::text, p.name, p.speed_mbps, p.status, p.created_at, p.monthly_rate, p.currency,
    l.id::text, l.name, l.metro, l.country, c.id::text, c.trading_name, c.account_kind
"""
# $1 the viewer's company, $2 the number of rows
PORTS: Final = f"""
    SELECT {PORT_COLUMNS}
    FROM port p JOIN location l ON l.id = p.location_id JOIN company c ON c.id = p.company_id
    WHERE p.company_id = $1 ORDER BY p.id LIMIT $2
"""  # noqa: S608 (the columns are ours)
PARTNERS_PORTS: Final = f"""
    SELECT {PORT_COLUMNS}
    FROM (
        (SELECT id FROM port WHERE company_id = $1 ORDER BY id LIMIT $2)
        UNION ALL (SELECT id FROM port WHERE partner_id = $1 ORDER BY id LIMIT $2)
        ORDER BY id LIMIT $2
    ) page
    JOIN port p ON p.id = page.id JOIN location l ON l.id = p.location_id JOIN company c ON c.id = p.company_id
    ORDER BY p.id
"""  # noqa: S608

READABLE: Final = {
    "ANONYMOUS": "f.visibility = 'PUBLIC' AND $1::uuid IS NULL",
    "DIRECT": "(f.visibility = 'PUBLIC' OR f.company_id = $1)",
    "PARTNER": "(f.visibility = 'PUBLIC' OR f.company_id = $1 OR f.partner_id = $1)",
    "MANAGED": "f.visibility = 'PUBLIC' AND f.company_id <> $1",
}
# $1 the viewer's company, $2 the number of rows
PROFILES: Final = {
    kind: f"""
        SELECT f.id::text, f.company_name, f.bio, f.website, f.contact_email, c.id::text, c.trading_name, c.company_type
        FROM marketplace_profile f JOIN company c ON c.id = f.company_id
        WHERE {readable} ORDER BY f.id LIMIT $2
    """  # noqa: S608
    for kind, readable in READABLE.items()
}
SHOWN: Final = "p.visibility = 'PUBLIC' AND p.profile_visibility = 'PUBLIC'"
# $1 companies
PROFILES_PORTS: Final = f"""
    SELECT k.id::text, p.id::text, coalesce(p.marketplace_name, f.company_name || ' at ' || l.name), p.speed_mbps,
        l.id::text, l.name, l.metro, l.country
    FROM unnest($1::uuid[]) k (id)
    JOIN marketplace_profile f ON f.company_id = k.id
    CROSS JOIN LATERAL (SELECT * FROM port p WHERE p.company_id = k.id AND {SHOWN} ORDER BY p.id LIMIT 10) p
    JOIN location l ON l.id = p.location_id
    ORDER BY p.id
"""  # noqa: S608
# $1 the partner, $2 the number of rows
ACCOUNTS: Final = """
    SELECT a.id::text, c.id::text, c.trading_name
    FROM managed_account a JOIN company c ON c.id = a.company_id WHERE a.partner_id = $1 ORDER BY a.id LIMIT $2
"""
# $1 companies, $2 the partner
ACCOUNTS_PORTS: Final = """
    SELECT k.id::text, p.id::text, p.name, p.status, l.name, p.monthly_rate, p.currency
    FROM unnest($1::uuid[]) k (id)
    CROSS JOIN LATERAL (
        SELECT * FROM port p WHERE p.company_id = k.id AND p.partner_id = $2 ORDER BY p.id LIMIT 10
    ) p
    JOIN location l ON l.id = p.location_id
    ORDER BY p.id
"""
ACCOUNTS_OFFERS: Final = """
    SELECT k.id::text, o.id::text, o.name, o.status, o.total_value, o.currency
    FROM unnest($1::uuid[]) k (id)
    CROSS JOIN LATERAL (
        SELECT * FROM offer o WHERE o.company_id = k.id AND o.partner_id = $2 ORDER BY o.id LIMIT 10
    ) o
    ORDER BY o.id
"""
# $1 offers, $2 the partner of their sellers
OFFERS_BUYERS: Final = """
    SELECT b.offer_id::text, c.id::text, c.trading_name
    FROM offer_buyer b JOIN company c ON c.id = b.company_id
    WHERE b.offer_id = ANY($1::uuid[]) AND b.seller_partner_id = $2 ORDER BY b.offer_id, b.company_id
"""
# $1 the port, $2 a managed viewer's company
PORT: Final = f"""
    SELECT p.id::text, coalesce(p.marketplace_name, f.company_name || ' at ' || l.name), p.speed_mbps, l.name
    FROM port p JOIN marketplace_profile f ON f.company_id = p.company_id JOIN location l ON l.id = p.location_id
    WHERE p.id = $1 AND {SHOWN} AND p.company_id IS DISTINCT FROM $2::uuid
"""  # noqa: S608
