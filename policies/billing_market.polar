# Billing markets: the markets in which a company has enabled billing. A19 V12

# A company can read its own billing markets.
allow(viewer: Viewer, "read", market: BillingMarket) if
    market.company_id = viewer.company_id;

# A partner can read the billing markets of the companies that it manages. V21
allow(viewer: Viewer, "read", market: BillingMarket) if
    partner(viewer) and market.partner_id = viewer.company_id;

# The operator can read every billing market. V21
allow(viewer: Viewer, "read", _market: BillingMarket) if operator(viewer);

# Managed accounts never have access to billing markets, whatever their partner's settings. R107
deny(viewer: Viewer, _action, _market: BillingMarket) if managed(viewer);

allow_field(_viewer: Viewer, "read", _market: BillingMarket, field) if
    field in ["market", "currency", "enabled"];
