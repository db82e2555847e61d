# Portal origins: the web origins from whose pages a company's portal can be embedded.

# Account administrators can read their company's portal origins, and a partner's those of the companies that it manages. V14 V52
allow(viewer: Viewer, "read", origin: PortalOrigin) if
    administers(viewer) and origin.company_id = viewer.company_id;
allow(viewer: Viewer, "read", origin: PortalOrigin) if
    partner(viewer) and administers(viewer) and origin.partner_id = viewer.company_id;

# The operator can read every company's portal origins. V21
allow(viewer: Viewer, "read", _origin: PortalOrigin) if operator(viewer);

allow_field(_viewer: Viewer, "read", _origin: PortalOrigin, field) if
    field in ["origin", "verified_at", "proof", "proof_url"];
