# Marketplace ports: public ports of public providers, as other companies see them. V20

# A public port is shown while its company's Marketplace profile is public. R013 R028 R029 A7
allow(_viewer: Viewer, "read", port: MarketplacePort) if
    port.visibility = "PUBLIC" and port.profile_visibility = "PUBLIC";

# A managed account can't see its own port there: the listing is part of its Marketplace profile. R116 A8
deny(viewer: Viewer, _action, port: MarketplacePort) if
    managed(viewer) and port.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _port: MarketplacePort, field) if
    field in ["name", "description", "provider", "location", "speed_mbps", "selectable"];

# Users who run their company's network can request a connection to a port that the Marketplace shows. R029 V16
allow(viewer: Viewer, "connect", port: MarketplacePort) if
    runs_network(viewer) and port.visibility = "PUBLIC" and port.profile_visibility = "PUBLIC";
