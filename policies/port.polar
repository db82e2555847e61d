# Ports: the network ports that a company orders in a data centre.

# A company can read its own ports. V20 V23
allow(viewer: Viewer, "read", port: Port) if
    port.company_id = viewer.company_id;

# A partner can read the ports of the accounts that it manages. V14 V20
allow(viewer: Viewer, "read", port: Port) if
    partner(viewer) and port.partner_id = viewer.company_id;

# The operator can read every port. V20
allow(viewer: Viewer, "read", _port: Port) if operator(viewer);

# Anyone who can read a port can read its description.
allow_field(_viewer: Viewer, "read", _port: Port, field) if
    field in [
        "name", "company", "location", "speed_mbps", "term_months", "status", "waits_for", "is_final", "visibility",
        "cost_centre", "diversity_zone", "created_at", "activated_at", "letter_of_authorisation", "connections", "monthly_rate", "setup_fee",
        "marketplace_name", "marketplace_description"
    ];

# Prices are hidden from a managed account until its partner shows them, whatever the user's roles. R121 R122 V23
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _port: Port, field) if
    field in ["monthly_rate", "setup_fee"] and prices_hidden(viewer);

# Only roles that can read prices see them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _port: Port, field) if
    field in ["monthly_rate", "setup_fee"] and not reads_prices(viewer);

# A port's listing is part of the Marketplace profile, which managed accounts can never read. R002 R033 R116
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _port: Port, field) if
    field in ["marketplace_name", "marketplace_description"] and managed(viewer);

# Network users of a port's company, and of the partner that manages it, can manage the port. V14 A43
keeps(viewer: Viewer, port: Port) if
    runs_network(viewer) and port.company_id = viewer.company_id;
keeps(viewer: Viewer, port: Port) if
    runs_network(viewer) and partner(viewer) and port.partner_id = viewer.company_id;

# Users who manage a port can change its name and cost centre, cancel or decommission it, and disable and enable it. A44
allow(viewer: Viewer, "update", port: Port) if keeps(viewer, port);
allow(viewer: Viewer, "cancel", port: Port) if keeps(viewer, port);
allow(viewer: Viewer, "disable", port: Port) if keeps(viewer, port);
allow(viewer: Viewer, "enable", port: Port) if keeps(viewer, port);
allow(viewer: Viewer, "decommission", port: Port) if keeps(viewer, port);

# A new term means a new price, so where orders require approval, only the partner can change the term. V13
allow(viewer: Viewer, "change_term", port: Port) if
    keeps(viewer, port) and not viewer.order_approval_required;

# Users who manage a port can connect it. V16
allow(viewer: Viewer, "connect", port: Port) if keeps(viewer, port);

# Managed accounts can't change a port's visibility, but their partner can. R031 V1
allow(viewer: Viewer, "publish", port: Port) if
    keeps(viewer, port) and not managed(viewer);

# Ports of a company that the operator hasn't verified are neither connected nor published. R404 A40 V47
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "connect", port: Port) if
    keeps(viewer, port) and company in port.owners and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "publish", port: Port) if
    keeps(viewer, port) and not managed(viewer) and company in port.owners and company.verification_status != "VERIFIED";

# The operator's staff allocates a port and activates it. A45
allow(viewer: Viewer, "allocate", _port: Port) if operator(viewer);
allow(viewer: Viewer, "activate", _port: Port) if operator(viewer);

# Only users who can edit the port can read its version.
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", port: Port, "version") if keeps(viewer, port);
