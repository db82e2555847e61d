# Locations: the data centres of the network.

# Everyone can read locations. R430
allow(_viewer: Viewer, "read", _location: Location);

# Ports can be ordered in active locations. A managed account can order where its partner has enabled a billing market. R120 A19
allow(viewer: Viewer, "order", location: Location) if
    not managed(viewer) and location.status = "ACTIVE";
allow(viewer: Viewer, "order", location: Location) if
    managed(viewer) and location.status = "ACTIVE" and location.market in viewer.markets;

allow_field(_viewer: Viewer, "read", _location: Location, field) if
    field in ["name", "metro", "country", "market", "status", "latitude", "longitude", "speeds_mbps"];
