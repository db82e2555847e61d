# Products: what sellers advertise. At first, only the seller can read a new product. R218 R253

# A seller can read its own products. R218 R253 V23
allow(viewer: Viewer, "read", product: Product) if
    product.company_id = viewer.company_id;

# A partner can read the products of the companies that it manages. V14
allow(viewer: Viewer, "read", product: Product) if
    partner(viewer) and product.partner_id = viewer.company_id;

# The operator can read every product.
allow(viewer: Viewer, "read", _product: Product) if operator(viewer);

# Everyone can read a public product. Restricted and removed products aren't public. R254 R264
allow(_viewer: Viewer, "read", product: Product) if product.visibility = "PUBLIC";

# The seller's test accounts can read a limited product. R254 A32
allow(viewer: Viewer, "read", product: Product) if
    product.visibility = "LIMITED" and
    account in product.test_accounts and account.company_id = viewer.company_id;

# A buyer with an extended offer, and its partner, can read the product, even if it's no longer shown. R219 R264
allow(viewer: Viewer, "read", product: Product) if
    dealing in product.dealings and
    dealing.buyer_id = viewer.company_id and extended(dealing.status);
allow(viewer: Viewer, "read", product: Product) if
    partner(viewer) and dealing in product.dealings and
    dealing.buyer_partner_id = viewer.company_id and extended(dealing.status);

allow_field(_viewer: Viewer, "read", _product: Product, field) if
    field in ["company", "title", "kind", "visibility", "categories", "offers", "created_at"];
