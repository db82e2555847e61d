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
        "created_at", "decided_at", "reason"
    ];

# The provider accepts or denies a request, or its partner does. V14 V16
allow(viewer: Viewer, "answer", request: ConnectionRequest) if
    runs_network(viewer) and request.provider_id = viewer.company_id;
allow(viewer: Viewer, "answer", request: ConnectionRequest) if
    partner(viewer) and runs_network(viewer) and request.provider_partner_id = viewer.company_id;

# The company that asks withdraws its request, or its partner does. V14 V16
allow(viewer: Viewer, "withdraw", request: ConnectionRequest) if
    runs_network(viewer) and request.company_id = viewer.company_id;
allow(viewer: Viewer, "withdraw", request: ConnectionRequest) if
    partner(viewer) and runs_network(viewer) and request.partner_id = viewer.company_id;
