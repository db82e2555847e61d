# Dimensions of an offer: what is priced, and its price. Anyone who can read the offer can read them.

allow_field(_viewer: Viewer, "read", _dimension: OfferDimension, field) if
    field in ["name", "description", "unit", "price"];

# Offer prices are hidden from a managed account like all other prices. R121 A16 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _dimension: OfferDimension, "price") if prices_hidden(viewer);

# Only roles that can read prices see them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _dimension: OfferDimension, "price") if not reads_prices(viewer);
