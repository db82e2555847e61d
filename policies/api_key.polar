# API keys: how a company's programs sign in. Nobody can read a key's secret: it's shown once, to the user who creates the key.

# Account administrators can read their company's API keys. V51
allow(viewer: Viewer, "read", key: ApiKey) if
    administers(viewer) and key.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _key: ApiKey, field) if
    field in ["name", "prefix", "roles", "origins", "created_at", "last_used_at", "expires_at", "revoked_at"];

# Account administrators can revoke their company's API keys. V51
allow(viewer: Viewer, "revoke", key: ApiKey) if
    administers(viewer) and key.company_id = viewer.company_id;
