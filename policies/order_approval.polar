# Order approvals: what a managed account would like to order, and what its partner says to it. V13

# The managed company reads its own.
allow(viewer: Viewer, "read", approval: OrderApproval) if
    approval.company_id = viewer.company_id;

# Its partner reads them. V14
allow(viewer: Viewer, "read", approval: OrderApproval) if
    partner(viewer) and approval.partner_id = viewer.company_id;

# The operator reads all, as it reads every port. V20
allow(viewer: Viewer, "read", _approval: OrderApproval) if operator(viewer);

# The partner pays, so whoever administers or pays for it decides. V13 A43
allow(viewer: Viewer, "approve", approval: OrderApproval) if decides(viewer, approval);
allow(viewer: Viewer, "reject", approval: OrderApproval) if decides(viewer, approval);

decides(viewer: Viewer, approval: OrderApproval) if
    partner(viewer) and approval.partner_id = viewer.company_id and
    role in ["ACCOUNT_ADMIN", "FINANCE"] and role in viewer.roles;

# Whoever may order for the managed company may withdraw what it has asked for. V13
allow(viewer: Viewer, "withdraw", approval: OrderApproval) if
    runs_network(viewer) and approval.company_id = viewer.company_id;

# Whoever reads one reads what is to be ordered and what became of it.
allow_field(_viewer: Viewer, "read", _approval: OrderApproval, field) if
    field in [
        "company", "location", "name", "speed_mbps", "term_months", "cost_centre", "diversity_zone", "status", "comment",
        "requested_by", "decided_by", "port", "created_at", "decided_at", "expires_at", "monthly_rate", "setup_fee"
    ];

# Prices are hidden as those of ports are. R121 R122 V13
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _approval: OrderApproval, field) if
    field in ["monthly_rate", "setup_fee"] and prices_hidden(viewer);

# Prices are for the roles that read them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _approval: OrderApproval, field) if
    field in ["monthly_rate", "setup_fee"] and not reads_prices(viewer);
