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
        "product", "seller", "buyers", "name", "status", "payment_model", "dimensions", "instalments", "contract_end_date",
        "expires_on", "created_at", "url", "agreements", "waits_for", "is_final"
    ];

# Prices, and the document that holds them, are read by the roles that can read prices, and by those who write the offer. V23 V54 V58
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", _offer: Offer, field) if
    field in ["total_value", "service_agreement"] and reads_prices(viewer);
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", offer: Offer, field) if
    field in ["total_value", "service_agreement"] and writes_offer(viewer, offer);

# What its document was made of is for those who write the offer. R238
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", offer: Offer, "documents") if writes_offer(viewer, offer);

# Only the seller's side and the operator can read why the offer needs an approval or was rejected. V69
allow_field(viewer: Viewer, "read", offer: Offer, "rejection_reason") if keeps_offer(viewer, offer);

# Whether the offer is free or needs an approval tells about its prices, so the seller's side sees it only with them. R223 R237
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", offer: Offer, field) if
    field in ["zero_price_confirmed", "approval_reason"] and reads_prices(viewer) and keeps_offer(viewer, offer);
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", offer: Offer, field) if
    field in ["zero_price_confirmed", "approval_reason"] and writes_offer(viewer, offer);
keeps_offer(viewer: Viewer, offer: Offer) if offer.company_id = viewer.company_id;
keeps_offer(viewer: Viewer, offer: Offer) if partner(viewer) and offer.partner_id = viewer.company_id;
keeps_offer(viewer: Viewer, _offer: Offer) if operator(viewer);

# Offer prices are hidden from a managed account like all other prices. R121 A16 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _offer: Offer, field) if
    field in ["total_value", "service_agreement", "zero_price_confirmed", "approval_reason"] and prices_hidden(viewer);

# Account administrators and Marketplace editors of the seller, and of its partner, make its offers and change them. R245 V14 V34
allow(viewer: Viewer, "update", offer: Offer) if writes_offer(viewer, offer);
allow(viewer: Viewer, "publish", offer: Offer) if writes_offer(viewer, offer);
allow(viewer: Viewer, "extend", offer: Offer) if writes_offer(viewer, offer);
allow(viewer: Viewer, "withdraw", offer: Offer) if writes_offer(viewer, offer);
writes_offer(viewer: Viewer, offer: Offer) if
    writes_products(viewer) and offer.company_id = viewer.company_id;
writes_offer(viewer: Viewer, offer: Offer) if
    writes_products(viewer) and partner(viewer) and offer.partner_id = viewer.company_id;

# The operator's reviewers approve or reject offers with a total value above 250,000. R223 A23 V62
allow(viewer: Viewer, "approve", _offer: Offer) if reviews(viewer);
allow(viewer: Viewer, "reject", _offer: Offer) if reviews(viewer);

# A reviewer who is a member of the seller or of its partner doesn't decide. V37
deny(viewer: Viewer, "approve", offer: Offer) if works_for_seller(viewer, offer);
deny(viewer: Viewer, "reject", offer: Offer) if works_for_seller(viewer, offer);
works_for_seller(viewer: Viewer, offer: Offer) if
    reviews(viewer) and member in offer.seller_members and member.user_id = viewer.user_id;
works_for_seller(viewer: Viewer, offer: Offer) if
    reviews(viewer) and member in offer.partner_members and member.user_id = viewer.user_id;

# Account administrators and finance users of the buyer can accept. So can those of a managed buyer's partner. A29 V14 V35
allow(viewer: Viewer, "accept", offer: Offer) if accepts_offer(viewer, offer);
accepts_offer(viewer: Viewer, offer: Offer) if
    accepts_offers(viewer) and extended(offer.status) and
    buyer in offer.buyers and buyer.company_id = viewer.company_id;
accepts_offer(viewer: Viewer, offer: Offer) if
    partner(viewer) and accepts_offers(viewer) and extended(offer.status) and
    buyer in offer.buyers and buyer.partner_id = viewer.company_id;

# Those who write an offer state its version when they change it, and those who accept it the version that they have read. R245
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", offer: Offer, "version") if writes_offer(viewer, offer);
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", offer: Offer, "version") if accepts_offer(viewer, offer);
