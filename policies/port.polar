# Ports: what a company orders in a data centre.

# A company reads its own ports. V20 V23
allow(viewer: Viewer, "read", port: Port) if
    port.company_id = viewer.company_id;

# A partner reads the ports of the accounts that it manages. V14 V20
allow(viewer: Viewer, "read", port: Port) if
    partner(viewer) and port.partner_id = viewer.company_id;

# The operator reads every port. V20
allow(viewer: Viewer, "read", _port: Port) if operator(viewer);

# Whoever reads a port reads what it is.
allow_field(_viewer: Viewer, "read", _port: Port, field) if
    field in [
        "name", "company", "location", "speed_mbps", "term_months", "status", "visibility", "cost_centre",
        "diversity_zone", "created_at", "activated_at", "letter_of_authorisation", "connections", "monthly_rate", "setup_fee",
        "marketplace_name", "marketplace_description"
    ];

# Prices are hidden from a managed account until its partner shows them; no role brings them back. R121 R122 V23
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _port: Port, field) if
    field in ["monthly_rate", "setup_fee"] and prices_hidden(viewer);

# Prices are for the roles that read them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _port: Port, field) if
    field in ["monthly_rate", "setup_fee"] and not reads_prices(viewer);

# How a port is announced is part of the Marketplace profile, which managed accounts never read. R002 R033 R116
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _port: Port, field) if
    field in ["marketplace_name", "marketplace_description"] and managed(viewer);

# A company connects its own ports. A43 V16
allow(viewer: Viewer, "connect", port: Port) if
    runs_network(viewer) and port.company_id = viewer.company_id;

# A partner connects those of the accounts that it manages. V14
allow(viewer: Viewer, "connect", port: Port) if
    partner(viewer) and runs_network(viewer) and port.partner_id = viewer.company_id;
