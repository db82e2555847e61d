# Private offers: only their seller and their buyers can read them. V19

# A buyer can read an offer once it's published, even if it later expires or is withdrawn. V19
extended(status) if status in ["PUBLISHED", "ACCEPTED", "EXPIRED", "WITHDRAWN"];

# A seller and its partner can read the offers that the seller makes. V14 V19 V23
allow(viewer: Viewer, "read", offer: Offer) if
    reads_offers(viewer) and offer.company_id = viewer.company_id;
allow(viewer: Viewer, "read", offer: Offer) if
    partner(viewer) and reads_offers(viewer) and offer.partner_id = viewer.company_id;

# A buyer and its partner can read the offers that are extended to the buyer. R219 V14 V19 V23
allow(viewer: Viewer, "read", offer: Offer) if
    reads_offers(viewer) and extended(offer.status) and
    buyer in offer.buyers and buyer.company_id = viewer.company_id;
allow(viewer: Viewer, "read", offer: Offer) if
    partner(viewer) and reads_offers(viewer) and extended(offer.status) and
    buyer in offer.buyers and buyer.partner_id = viewer.company_id;

# The operator can read every offer.
allow(viewer: Viewer, "read", _offer: Offer) if operator(viewer);

allow_field(_viewer: Viewer, "read", _offer: Offer, field) if
    field in [
        "product", "seller", "buyers", "name", "status", "payment_model", "dimensions", "instalments",
        "total_value", "contract_end_date", "expires_on", "created_at"
    ];

# Offer prices are hidden from a managed account like all other prices. R121 A16 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _offer: Offer, "total_value") if prices_hidden(viewer);

# Only roles that can read prices see them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _offer: Offer, "total_value") if not reads_prices(viewer);
