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

# A port is kept by its company, and by the partner that acts for it. V14 A43
keeps(viewer: Viewer, port: Port) if
    runs_network(viewer) and port.company_id = viewer.company_id;
keeps(viewer: Viewer, port: Port) if
    runs_network(viewer) and partner(viewer) and port.partner_id = viewer.company_id;

# Whoever keeps a port changes its name and its cost centre, and ends it or switches it off and on again. A44
allow(viewer: Viewer, "update", port: Port) if keeps(viewer, port);
allow(viewer: Viewer, "cancel", port: Port) if keeps(viewer, port);
allow(viewer: Viewer, "disable", port: Port) if keeps(viewer, port);
allow(viewer: Viewer, "enable", port: Port) if keeps(viewer, port);
allow(viewer: Viewer, "decommission", port: Port) if keeps(viewer, port);

# A new term is a new price, so where orders wait for the partner's approval, its term is the partner's to change. V13
allow(viewer: Viewer, "change_term", port: Port) if
    keeps(viewer, port) and not viewer.order_approval_required;

# Whoever keeps a port has it connected. V16
allow(viewer: Viewer, "connect", port: Port) if keeps(viewer, port);

# Its visibility is not for managed accounts, whose partner may change it. R031 V1
allow(viewer: Viewer, "publish", port: Port) if
    keeps(viewer, port) and not managed(viewer);

# The operator's staff finds a place for a port and makes it active. A45
allow(viewer: Viewer, "allocate", _port: Port) if operator(viewer);
allow(viewer: Viewer, "activate", _port: Port) if operator(viewer);

# The version is for whoever may change the port.
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", port: Port, "version") if keeps(viewer, port);
