# Connection requests: between the company that asks and the provider that answers. V16

# The company that asks reads its requests, and so does its partner. V14 V23
allow(viewer: Viewer, "read", request: ConnectionRequest) if
    request.company_id = viewer.company_id;
allow(viewer: Viewer, "read", request: ConnectionRequest) if
    partner(viewer) and request.partner_id = viewer.company_id;

# The provider reads the requests that it gets, and so does its partner. R029 V14
allow(viewer: Viewer, "read", request: ConnectionRequest) if
    request.provider_id = viewer.company_id;
allow(viewer: Viewer, "read", request: ConnectionRequest) if
    partner(viewer) and request.provider_partner_id = viewer.company_id;

# The operator reads every request.
allow(viewer: Viewer, "read", _request: ConnectionRequest) if operator(viewer);

allow_field(_viewer: Viewer, "read", _request: ConnectionRequest, field) if
    field in [
        "name", "rate_limit_mbps", "status", "port", "target_port", "requester", "provider",
        "created_at", "decided_at"
    ];
