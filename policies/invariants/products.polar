# Products: who can meet a product that isn't published, and who writes and decides.

# Nobody but its seller, the seller's partner and the operator meets a product before its first publication. R218 R306 V29
never(viewer: Viewer, _action, product: Product) if
    product.published_at = nil and not operator(viewer) and
    product.company_id != viewer.company_id and product.partner_id != viewer.company_id;

# Nobody else reads its revisions, its change requests, its test accounts or who vouches for it, even once it's published. V29 A37
never(viewer: Viewer, _action, revision: ProductRevision) if
    not operator(viewer) and revision.company_id != viewer.company_id and revision.partner_id != viewer.company_id;
never(viewer: Viewer, _action, request: ChangeRequest) if
    not operator(viewer) and request.company_id != viewer.company_id and request.partner_id != viewer.company_id;
never(viewer: Viewer, _action, account: ProductTestAccount) if
    not operator(viewer) and account.seller_id != viewer.company_id and account.seller_partner_id != viewer.company_id;
never(viewer: Viewer, "read", product: Product, field) if
    field in ["test_accounts", "customer_references", "draft", "revisions", "change_requests"] and
    not operator(viewer) and product.company_id != viewer.company_id and product.partner_id != viewer.company_id;

# Only account administrators and Marketplace editors write. The operator's company writes none, because it reviews. V31
never(viewer: Viewer, action, _product: Product) if
    action != "read" and action != "request_offer" and not writes_products(viewer);
never(viewer: Viewer, "create_product", _company: Company) if not writes_products(viewer);
never(viewer: Viewer, "create_product", company: Company) if
    company.id != viewer.company_id and company.partner_id != viewer.company_id;

# Nobody asks its own company for an offer, and no visitor asks for one. V33 V55
never(viewer: Viewer, "request_offer", product: Product) if product.company_id = viewer.company_id;
never(viewer: Viewer, "request_offer", _product: Product) if not member(viewer);

# Only the operator's reviewers decide, and only what the machine doesn't. V26
never(viewer: Viewer, "approve", _request: ChangeRequest) if not reviews(viewer);
never(viewer: Viewer, "reject", _request: ChangeRequest) if not reviews(viewer);
never(_viewer: Viewer, "approve", request: ChangeRequest) if request.reviewed_by = "MACHINE";
never(_viewer: Viewer, "reject", request: ChangeRequest) if request.reviewed_by = "MACHINE";

# Nobody but writers and reviewers reads the comments of a review. V30
never(viewer: Viewer, "read", _request: ChangeRequest, "comments") if not writes_products(viewer) and not reviews(viewer);
