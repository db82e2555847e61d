# Buyers of an offer: all of them for its seller, only oneself for a buyer. V19

# The seller and its partner read every buyer. V19
allow(viewer: Viewer, "read", buyer: OfferBuyer) if
    buyer.seller_id = viewer.company_id;
allow(viewer: Viewer, "read", buyer: OfferBuyer) if
    partner(viewer) and buyer.seller_partner_id = viewer.company_id;

# A buyer finds only itself, its partner only the accounts that it manages. V19
allow(viewer: Viewer, "read", buyer: OfferBuyer) if
    buyer.company_id = viewer.company_id;
allow(viewer: Viewer, "read", buyer: OfferBuyer) if
    partner(viewer) and buyer.partner_id = viewer.company_id;

# The operator reads every buyer.
allow(viewer: Viewer, "read", _buyer: OfferBuyer) if operator(viewer);
