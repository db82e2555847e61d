# Dimensions of products: the units in which a product is priced. Anyone who can read a product can read its dimensions. R250

# A seller, its partner and the operator can read the dimensions of the seller's products. V14 V23
allow(viewer: Viewer, "read", dimension: ProductDimension) if
    dimension.company_id = viewer.company_id;
allow(viewer: Viewer, "read", dimension: ProductDimension) if
    partner(viewer) and dimension.partner_id = viewer.company_id;
allow(viewer: Viewer, "read", _dimension: ProductDimension) if operator(viewer);

# Everyone can read the dimensions of a public product. R254
allow(_viewer: Viewer, "read", dimension: ProductDimension) if
    product in dimension.products and product.visibility = "PUBLIC" and product.published_at != nil;

# A test account can read the dimensions of a limited product, once it's published. R254 V29
allow(viewer: Viewer, "read", dimension: ProductDimension) if
    product in dimension.products and product.published_at != nil and account in dimension.test_accounts and
    account.company_id = viewer.company_id and account.product_visibility = "LIMITED";

# A buyer with an extended offer, and its partner, can read the dimensions of the product. R219 V29
allow(viewer: Viewer, "read", dimension: ProductDimension) if
    product in dimension.products and product.published_at != nil and dealing in dimension.dealings and
    dealing.buyer_id = viewer.company_id and extended(dealing.status);
allow(viewer: Viewer, "read", dimension: ProductDimension) if
    partner(viewer) and product in dimension.products and product.published_at != nil and dealing in dimension.dealings and
    dealing.buyer_partner_id = viewer.company_id and extended(dealing.status);

allow_field(_viewer: Viewer, "read", _dimension: ProductDimension, field) if
    field in ["name", "description", "unit"];
