# Locations: the data centres of the network.

# Everybody may know them. R430
allow(_viewer: Viewer, "read", _location: Location);

# Ports are ordered in active locations; a managed account orders where its partner has enabled a billing market. R120 A19
allow(viewer: Viewer, "order", location: Location) if
    not managed(viewer) and location.status = "ACTIVE";
allow(viewer: Viewer, "order", location: Location) if
    managed(viewer) and location.status = "ACTIVE" and location.market in viewer.markets;

allow_field(_viewer: Viewer, "read", _location: Location, field) if
    field in ["name", "metro", "country", "market", "status", "latitude", "longitude", "speeds_mbps"];
