# Dimensions of an offer: what is priced, and its price. Read with their offer.

allow_field(_viewer: Viewer, "read", _dimension: OfferDimension, field) if
    field in ["name", "description", "unit", "price"];

# Prices of offers are hidden from a managed account as all prices are. R121 A16 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _dimension: OfferDimension, "price") if prices_hidden(viewer);

# Prices are for the roles that read them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _dimension: OfferDimension, "price") if not reads_prices(viewer);
