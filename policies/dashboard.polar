# Dashboards: what a company has, and has ordered, at a glance.

# A company has its own.
allow(viewer: Viewer, "read", dashboard: Dashboard) if
    dashboard.id = viewer.company_id;

# A partner looks at those of the companies that it manages. V14
allow(viewer: Viewer, "read", dashboard: Dashboard) if
    partner(viewer) and dashboard.partner_id = viewer.company_id;

# The operator looks at all.
allow(viewer: Viewer, "read", _dashboard: Dashboard) if operator(viewer);

# A managed account has none until its partner switches it on. R112 A14
deny(viewer: Viewer, _action, _dashboard: Dashboard) if dashboard_hidden(viewer);

# What is counted are ports and orders that wait for approval, each by its own rules. V13 V20
allow_field(_viewer: Viewer, "read", _dashboard: Dashboard, field) if
    field in ["ports_by_status", "ports_by_metro", "orders_waiting", "monthly_spend"];

# What hides prices hides what they come to. R121 A16
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _dashboard: Dashboard, "monthly_spend") if prices_hidden(viewer);

# Prices are for the roles that read them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _dashboard: Dashboard, "monthly_spend") if not reads_prices(viewer);
