# Dashboards: an overview of what a company has and has ordered.

# A company can read its own dashboard.
allow(viewer: Viewer, "read", dashboard: Dashboard) if
    dashboard.id = viewer.company_id;

# A partner can read the dashboards of the companies that it manages. V14
allow(viewer: Viewer, "read", dashboard: Dashboard) if
    partner(viewer) and dashboard.partner_id = viewer.company_id;

# The operator can read every dashboard.
allow(viewer: Viewer, "read", _dashboard: Dashboard) if operator(viewer);

# A managed account has no dashboard until its partner enables it. R112 A14
deny(viewer: Viewer, _action, _dashboard: Dashboard) if dashboard_hidden(viewer);

# A dashboard counts ports and orders that wait for approval. Each follows its own rules. V13 V20
allow_field(_viewer: Viewer, "read", _dashboard: Dashboard, field) if
    field in ["ports_by_status", "ports_by_metro", "orders_waiting", "monthly_spend"];

# If prices are hidden, so is their total. R121 A16
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _dashboard: Dashboard, "monthly_spend") if prices_hidden(viewer);

# Only roles that can read prices see them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _dashboard: Dashboard, "monthly_spend") if not reads_prices(viewer);
