# The document of an offer. It holds prices, so those who can't read the prices of the offer don't get it, nor what it says about them. V58 X7

# It's read by the roles that can read prices, and by those who write the offer. V23 V54
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", _document: OfferDocument, field) if
    field in ["url", "pages", "bytes"] and reads_prices(viewer);
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", document: OfferDocument, field) if
    field in ["url", "pages", "bytes"] and
    writes_products(viewer) and offer in document.offers and offer.company_id = viewer.company_id;
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", document: OfferDocument, field) if
    field in ["url", "pages", "bytes"] and
    writes_products(viewer) and partner(viewer) and offer in document.offers and offer.partner_id = viewer.company_id;

# It's hidden from a managed account like all prices. R121 A16 V58 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _document: OfferDocument, field) if
    field in ["url", "pages", "bytes"] and prices_hidden(viewer);
