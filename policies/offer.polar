# Private offers: read by their seller and their buyers alone. V19

# A buyer meets an offer from its publication on, also when it has expired or was withdrawn. V19
extended(status) if status in ["PUBLISHED", "ACCEPTED", "EXPIRED", "WITHDRAWN"];

# A seller reads the offers that it makes, and so does its partner. V14 V19 V23
allow(viewer: Viewer, "read", offer: Offer) if
    reads_offers(viewer) and offer.company_id = viewer.company_id;
allow(viewer: Viewer, "read", offer: Offer) if
    partner(viewer) and reads_offers(viewer) and offer.partner_id = viewer.company_id;

# A buyer reads the offers that it is extended, and so does its partner. R219 V14 V19 V23
allow(viewer: Viewer, "read", offer: Offer) if
    reads_offers(viewer) and extended(offer.status) and
    buyer in offer.buyers and buyer.company_id = viewer.company_id;
allow(viewer: Viewer, "read", offer: Offer) if
    partner(viewer) and reads_offers(viewer) and extended(offer.status) and
    buyer in offer.buyers and buyer.partner_id = viewer.company_id;

# The operator reads every offer.
allow(viewer: Viewer, "read", _offer: Offer) if operator(viewer);

allow_field(_viewer: Viewer, "read", _offer: Offer, field) if
    field in [
        "product", "seller", "buyers", "name", "status", "payment_model", "dimensions", "instalments",
        "total_value", "contract_end_date", "expires_on", "created_at"
    ];

# Prices of offers are hidden from a managed account as all prices are. R121 A16 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _offer: Offer, "total_value") if prices_hidden(viewer);

# Prices are for the roles that read them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _offer: Offer, "total_value") if not reads_prices(viewer);
