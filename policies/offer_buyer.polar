# Buyers of an offer: the seller can read all of them, a buyer only itself. V19

# The seller and its partner can read every buyer. V19
allow(viewer: Viewer, "read", buyer: OfferBuyer) if
    buyer.seller_id = viewer.company_id;
allow(viewer: Viewer, "read", buyer: OfferBuyer) if
    partner(viewer) and buyer.seller_partner_id = viewer.company_id;

# A buyer can read only itself. Its partner can read only the accounts that it manages. V19
allow(viewer: Viewer, "read", buyer: OfferBuyer) if
    buyer.company_id = viewer.company_id;
allow(viewer: Viewer, "read", buyer: OfferBuyer) if
    partner(viewer) and buyer.partner_id = viewer.company_id;

# The operator can read every buyer.
allow(viewer: Viewer, "read", _buyer: OfferBuyer) if operator(viewer);
