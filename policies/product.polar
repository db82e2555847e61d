# Products: what sellers advertise. At first, only the seller can read a new product. R218 R253

# A seller can read its own products. R218 R253 V23
allow(viewer: Viewer, "read", product: Product) if
    product.company_id = viewer.company_id;

# A partner can read the products of the companies that it manages. V14
allow(viewer: Viewer, "read", product: Product) if
    partner(viewer) and product.partner_id = viewer.company_id;

# The operator can read every product.
allow(viewer: Viewer, "read", _product: Product) if operator(viewer);

# Everyone can read a public product, once it's published. Restricted and removed products aren't public. R254 R264 V29
allow(_viewer: Viewer, "read", product: Product) if
    product.visibility = "PUBLIC" and product.published_at != nil;

# The seller's test accounts can read a limited product, once it's published. R254 A32 V29
allow(viewer: Viewer, "read", product: Product) if
    product.visibility = "LIMITED" and product.published_at != nil and
    account in product.test_accounts and account.company_id = viewer.company_id;

# A buyer with an extended offer, and its partner, can read the product, even if it's no longer shown. R219 R264
allow(viewer: Viewer, "read", product: Product) if
    product.published_at != nil and dealing in product.dealings and
    dealing.buyer_id = viewer.company_id and extended(dealing.status);
allow(viewer: Viewer, "read", product: Product) if
    partner(viewer) and product.published_at != nil and dealing in product.dealings and
    dealing.buyer_partner_id = viewer.company_id and extended(dealing.status);

# Anyone who can read a product can read its listing. R203 R220
allow_field(_viewer: Viewer, "read", _product: Product, field) if
    field in [
        "company", "title", "kind", "visibility", "categories", "offers", "created_at", "published_at", "slug", "url", "summary",
        "description", "highlights", "keywords", "logo", "supports", "related_products", "dimensions"
    ];

# Only the seller, its partner and the operator can read who tests a product, who vouches for it, and what is planned. R254 R311 A37 V29
allow_field(viewer: Viewer, "read", product: Product, field) if
    keeps_product(viewer, product) and
    field in ["test_accounts", "customer_references", "draft", "revisions", "change_requests"];
keeps_product(viewer: Viewer, product: Product) if product.company_id = viewer.company_id;
keeps_product(viewer: Viewer, product: Product) if
    partner(viewer) and product.partner_id = viewer.company_id;
keeps_product(viewer: Viewer, _product: Product) if operator(viewer);

# Account administrators and Marketplace editors of the seller, and of its partner, write its products. V14 V31
allow(viewer: Viewer, "revise", product: Product) if writes_product(viewer, product);
allow(viewer: Viewer, "add_dimensions", product: Product) if writes_product(viewer, product);
allow(viewer: Viewer, "change_visibility", product: Product) if writes_product(viewer, product);
writes_product(viewer: Viewer, product: Product) if
    writes_products(viewer) and product.company_id = viewer.company_id;
writes_product(viewer: Viewer, product: Product) if
    writes_products(viewer) and partner(viewer) and product.partner_id = viewer.company_id;

# Account administrators and Marketplace editors of the seller, and of its partner, can make private offers for a published product. R204 R226 A24 V34
allow(viewer: Viewer, "make_offer", product: Product) if
    writes_product(viewer, product) and product.published_at != nil;

# A company's members can request an offer for a public product, and for a product that their company was offered before. They can't request
# one from their own company, and test accounts can't request any. R221 V33 V55
allow(viewer: Viewer, "request_offer", product: Product) if
    member(viewer) and product.visibility = "PUBLIC" and product.published_at != nil and
    product.company_id != viewer.company_id;
allow(viewer: Viewer, "request_offer", product: Product) if
    member(viewer) and product.visibility = "LIMITED" and product.published_at != nil and product.company_id != viewer.company_id and
    dealing in product.dealings and dealing.buyer_id = viewer.company_id and extended(dealing.status);
