# Ports of the sample market: every kind of condition that the compiler supports, to compare the three verdicts on.

# Shared by several rules.
extended(status) if status in ["OFFERED", "SOLD"];
managed(viewer: Viewer) if viewer.kind = "MANAGED";
trusted(viewer: Viewer) if not managed(viewer) and role in ["ACCOUNT_ADMIN", "FINANCE"] and role in viewer.roles;
bought(viewer: Viewer, dealing) if dealing.buyer_id = viewer.company_id and extended(dealing.status);

# A company can read its own ports.
allow(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;

# A partner can read the ports of its accounts, and ports without a partner.
allow(viewer: Viewer, "read", port: Port) if
    viewer.kind = "PARTNER" and (port.partner_id = viewer.company_id or port.partner_id = nil);

# A buyer can read the ports that were offered to it.
allow(viewer: Viewer, "read", port: Port) if dealing in port.dealings and bought(viewer, dealing);

# The operator can read ports that have any dealing.
allow(viewer: Viewer, "read", port: Port) if viewer.kind = "OPERATOR" and _dealing in port.dealings;

# Everyone can read fast public ports of their markets.
allow(viewer: Viewer, "read", port: Port) if
    port.visibility = "PUBLIC" and port.market in viewer.markets and port.speed > 1 and 3 >= port.speed;

# Other managed accounts can't read a port with no partner.
deny(viewer: Viewer, _action, port: Port) if
    managed(viewer) and port.partner_id != viewer.partner_id and port.partner_id != nil;

# Nobody can read a port that was sold for nothing.
deny(_viewer: Viewer, action, port: Port) if
    action in ["read", "order"] and dealing in port.dealings and dealing.status = "SOLD" and dealing.amount < 1;

# Trusted viewers can order ports at their own speed.
allow(viewer: Viewer, "order", port: Port) if trusted(viewer) and port.speed = port.floor;
allow(viewer: Viewer, "order", port: Port) if not viewer.pricing_shown and port.speed != port.floor and port.active = true;
allow(viewer: Viewer, "order", port: Port) if viewer.supported_by = port.name or port.name = viewer.kind;

allow_field(_viewer: Viewer, _action, _port: Port, field) if field in ["name", "market", "dealings"];
allow_field(viewer: Viewer, "read", port: Port, field) if
    field in ["speed", "floor"] and (port.active = true or trusted(viewer));
allow_field(viewer: Viewer, "read", port: Port, "owner") if port.company_id = viewer.company_id;
allow_field(viewer: Viewer, "read", port: Port, "owner") if port.partner_id = viewer.company_id;

# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", port: Port, "speed") if not trusted(viewer) and port.active != false;
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", port: Port, _field) if
    dealing in port.dealings and dealing.partner_id = viewer.partner_id and managed(viewer);
# @reason NOT_YOURS
deny_field(viewer: Viewer, "read", port: Port, field) if
    field in ["floor", "market"] and port.floor <= 2 and port.company_id != viewer.company_id;

# The same table as another type.
allow(_viewer: Viewer, "read", port: PublicPort) if port.visibility = "PUBLIC";
allow(viewer: Viewer, "read", port: PublicPort) if viewer.company_id in [port.company_id, port.partner_id];
deny(viewer: Viewer, "read", port: PublicPort) if port.company_id = viewer.company_id and port.name in ["a", nil];
allow_field(_viewer: Viewer, "read", _port: PublicPort, "name");

# Fees are read with their port.
allow_field(viewer: Viewer, "read", fee: Fee, "amount") if fee.amount = nil or viewer.pricing_shown;

ability(viewer: Viewer, "see_prices") if trusted(viewer) and viewer.pricing_shown;
