# Change requests: what a seller asks to change about a product, and how it's decided. R213 R217 V26

# A seller can read the change requests of its products. R217 V23
allow(viewer: Viewer, "read", request: ChangeRequest) if
    request.company_id = viewer.company_id;

# A partner can read those of the companies that it manages. V14
allow(viewer: Viewer, "read", request: ChangeRequest) if
    partner(viewer) and request.partner_id = viewer.company_id;

# The operator can read every change request. R258 R308
allow(viewer: Viewer, "read", _request: ChangeRequest) if operator(viewer);

allow_field(_viewer: Viewer, "read", _request: ChangeRequest, field) if
    field in [
        "company", "product", "revision", "title", "kind", "status", "reviewed_by", "visibility", "new_dimensions", "problems", "checks",
        "submitted_by", "decided_by", "created_at", "submitted_at", "decided_at", "waits_for", "is_final", "test_accounts"
    ];

# What reviewer and publisher write to each other is read by those who write: the seller's and its partner's account administrators and
# Marketplace editors, and the operator's reviewers. R309 R312 V30
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", request: ChangeRequest, "comments") if writes_request(viewer, request);
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", _request: ChangeRequest, "comments") if reviews(viewer);

# Account administrators and Marketplace editors of the seller, and of its partner, withdraw and resubmit. R217 R248 A35 V31
allow(viewer: Viewer, "withdraw", request: ChangeRequest) if writes_request(viewer, request);
allow(viewer: Viewer, "resubmit", request: ChangeRequest) if writes_request(viewer, request);
writes_request(viewer: Viewer, request: ChangeRequest) if
    writes_products(viewer) and request.company_id = viewer.company_id;
writes_request(viewer: Viewer, request: ChangeRequest) if
    writes_products(viewer) and partner(viewer) and request.partner_id = viewer.company_id;

# The operator's reviewers decide the requests that aren't decided automatically. R258 R262 R308 V26
allow(viewer: Viewer, "approve", request: ChangeRequest) if decides_request(viewer, request);
allow(viewer: Viewer, "reject", request: ChangeRequest) if decides_request(viewer, request);
decides_request(viewer: Viewer, request: ChangeRequest) if
    reviews(viewer) and request.reviewed_by = "OPERATOR";

# Both sides can comment on what the operator reviews. R309 R312 V30
allow(viewer: Viewer, "comment", request: ChangeRequest) if
    request.reviewed_by = "OPERATOR" and writes_request(viewer, request);
allow(viewer: Viewer, "comment", request: ChangeRequest) if decides_request(viewer, request);
