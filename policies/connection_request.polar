# Connection requests: a company requests a connection to a provider's port, and the provider answers. V16

# The requesting company and its partner can read the request. V14 V23
allow(viewer: Viewer, "read", request: ConnectionRequest) if
    request.company_id = viewer.company_id;
allow(viewer: Viewer, "read", request: ConnectionRequest) if
    partner(viewer) and request.partner_id = viewer.company_id;

# The provider and its partner can read the requests that the provider receives. R029 V14
allow(viewer: Viewer, "read", request: ConnectionRequest) if
    request.provider_id = viewer.company_id;
allow(viewer: Viewer, "read", request: ConnectionRequest) if
    partner(viewer) and request.provider_partner_id = viewer.company_id;

# The operator can read every request.
allow(viewer: Viewer, "read", _request: ConnectionRequest) if operator(viewer);

allow_field(_viewer: Viewer, "read", _request: ConnectionRequest, field) if
    field in [
        "name", "rate_limit_mbps", "status", "waits_for", "is_final", "port", "target_port", "requester", "provider",
        "created_at", "decided_at", "reason"
    ];

# The provider or its partner can accept or deny a request. V14 V16
allow(viewer: Viewer, "answer", request: ConnectionRequest) if
    runs_network(viewer) and request.provider_id = viewer.company_id;
allow(viewer: Viewer, "answer", request: ConnectionRequest) if
    partner(viewer) and runs_network(viewer) and request.provider_partner_id = viewer.company_id;

# The requesting company or its partner can withdraw the request. V14 V16
allow(viewer: Viewer, "withdraw", request: ConnectionRequest) if
    runs_network(viewer) and request.company_id = viewer.company_id;
allow(viewer: Viewer, "withdraw", request: ConnectionRequest) if
    partner(viewer) and runs_network(viewer) and request.partner_id = viewer.company_id;
