# Order approvals: orders of a managed account that its partner approves or rejects. V13

# A managed company can read its own order approvals.
allow(viewer: Viewer, "read", approval: OrderApproval) if
    approval.company_id = viewer.company_id;

# Its partner can read them. V14
allow(viewer: Viewer, "read", approval: OrderApproval) if
    partner(viewer) and approval.partner_id = viewer.company_id;

# The operator can read every order approval, as it can read every port. V20
allow(viewer: Viewer, "read", _approval: OrderApproval) if operator(viewer);

# The partner pays, so its account administrators and finance users decide. V13 A43
allow(viewer: Viewer, "approve", approval: OrderApproval) if decides(viewer, approval);
allow(viewer: Viewer, "reject", approval: OrderApproval) if decides(viewer, approval);

decides(viewer: Viewer, approval: OrderApproval) if
    partner(viewer) and approval.partner_id = viewer.company_id and
    role in ["ACCOUNT_ADMIN", "FINANCE"] and role in viewer.roles;

# Nothing is ordered for a company that the operator hasn't verified. R404 V47
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "approve", approval: OrderApproval) if
    decides(viewer, approval) and company in approval.owners and company.verification_status != "VERIFIED";

# Users who can order for the managed company can withdraw its orders. V13
allow(viewer: Viewer, "withdraw", approval: OrderApproval) if
    runs_network(viewer) and approval.company_id = viewer.company_id;

# Anyone who can read an order approval can read the order and its outcome.
allow_field(_viewer: Viewer, "read", _approval: OrderApproval, field) if
    field in [
        "company", "location", "name", "speed_mbps", "term_months", "cost_centre", "diversity_zone", "status", "waits_for",
        "is_final", "comment", "requested_by", "decided_by", "port", "created_at", "decided_at", "expires_at", "monthly_rate", "setup_fee"
    ];

# Prices are hidden in the same way as port prices. R121 R122 V13
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _approval: OrderApproval, field) if
    field in ["monthly_rate", "setup_fee"] and prices_hidden(viewer);

# Only roles that can read prices see them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _approval: OrderApproval, field) if
    field in ["monthly_rate", "setup_fee"] and not reads_prices(viewer);
