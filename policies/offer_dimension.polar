# Dimensions of an offer: what is priced, and its price. Anyone who can read the offer can read them.

allow_field(_viewer: Viewer, "read", _dimension: OfferDimension, field) if
    field in ["name", "description", "unit"];

# Prices are read by the roles that can read prices, and by those who write the offer. V23 V54
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", _dimension: OfferDimension, "price") if reads_prices(viewer);
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", dimension: OfferDimension, "price") if
    writes_products(viewer) and offer in dimension.offers and offer.company_id = viewer.company_id;
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", dimension: OfferDimension, "price") if
    writes_products(viewer) and partner(viewer) and offer in dimension.offers and offer.partner_id = viewer.company_id;

# Offer prices are hidden from a managed account like all other prices. R121 A16 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _dimension: OfferDimension, "price") if prices_hidden(viewer);
