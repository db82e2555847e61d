# Agreements: offers that a buyer accepted. Only the buyer, the seller and the operator can read them. V4

# A buyer can read its agreements. V23
allow(viewer: Viewer, "read", agreement: Agreement) if
    reads_offers(viewer) and agreement.company_id = viewer.company_id;

# A seller can read the agreements about its offers. V23
allow(viewer: Viewer, "read", agreement: Agreement) if
    reads_offers(viewer) and agreement.seller_id = viewer.company_id;

# A partner can read those of the accounts that it manages, on both sides. V14
allow(viewer: Viewer, "read", agreement: Agreement) if
    partner(viewer) and reads_offers(viewer) and agreement.partner_id = viewer.company_id;
allow(viewer: Viewer, "read", agreement: Agreement) if
    partner(viewer) and reads_offers(viewer) and agreement.seller_partner_id = viewer.company_id;

# The operator can read every agreement.
allow(viewer: Viewer, "read", _agreement: Agreement) if operator(viewer);

allow_field(_viewer: Viewer, "read", _agreement: Agreement, field) if
    field in [
        "offer", "product", "buyer", "seller", "status", "dimensions", "instalments", "accepted_by", "cancellation_reason",
        "starts_on", "ends_on", "ended_at", "created_at", "waits_for", "is_final"
    ];

# The value is read by the roles that can read prices, and by those who write the seller's offers. V23 V54
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", _agreement: Agreement, "total_value") if reads_prices(viewer);
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", agreement: Agreement, "total_value") if
    writes_products(viewer) and agreement.seller_id = viewer.company_id;
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", agreement: Agreement, "total_value") if
    writes_products(viewer) and partner(viewer) and agreement.seller_partner_id = viewer.company_id;

# It's hidden from a managed account like all other prices. R121 A16 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _agreement: Agreement, "total_value") if prices_hidden(viewer);

# The operator's support can cancel an agreement, with a reason that both sides read. V38
allow(viewer: Viewer, "cancel", _agreement: Agreement) if supports(viewer);
