# Test accounts of products: companies that try a product before everyone can see it. R254

# A seller and its partner can read the test accounts of the seller's products. V14
allow(viewer: Viewer, "read", account: ProductTestAccount) if
    account.seller_id = viewer.company_id;
allow(viewer: Viewer, "read", account: ProductTestAccount) if
    partner(viewer) and account.seller_partner_id = viewer.company_id;

# The operator can read every test account.
allow(viewer: Viewer, "read", _account: ProductTestAccount) if operator(viewer);
