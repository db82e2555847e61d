# Billing markets: where a company has enabled billing. A19 V12

# A company reads its own.
allow(viewer: Viewer, "read", market: BillingMarket) if
    market.company_id = viewer.company_id;

# A partner reads those of the companies that it manages. V21
allow(viewer: Viewer, "read", market: BillingMarket) if
    partner(viewer) and market.partner_id = viewer.company_id;

# The operator reads all. V21
allow(viewer: Viewer, "read", _market: BillingMarket) if operator(viewer);

# Never for managed accounts, whatever their partner sets. R107
deny(viewer: Viewer, _action, _market: BillingMarket) if managed(viewer);

allow_field(_viewer: Viewer, "read", _market: BillingMarket, field) if
    field in ["market", "currency", "enabled"];
