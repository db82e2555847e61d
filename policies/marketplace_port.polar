# Marketplace ports: public ports of public providers, as everybody else meets them. V20

# A public port is shown while its company's profile is public, and never without a profile. R013 R028 R029 A7
allow(_viewer: Viewer, "read", port: MarketplacePort) if
    port.visibility = "PUBLIC" and port.profile_visibility = "PUBLIC";

# A managed account does not meet its own port there: it would read its own Marketplace profile. R116 A8
deny(viewer: Viewer, _action, port: MarketplacePort) if
    managed(viewer) and port.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _port: MarketplacePort, field) if
    field in ["name", "description", "provider", "location", "speed_mbps", "selectable"];

# What the Marketplace shows may be asked for a connection by whoever has ports to connect. R029 V16
allow(viewer: Viewer, "connect", port: MarketplacePort) if
    runs_network(viewer) and port.visibility = "PUBLIC" and port.profile_visibility = "PUBLIC";
