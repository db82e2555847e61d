# Identity issuers: the OpenID providers that companies name for their own members.

# Account administrators can read their company's issuer. V53 V75
allow(viewer: Viewer, "read", issuer: IdentityIssuer) if
    administers(viewer) and issuer.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _issuer: IdentityIssuer, field) if
    field in ["issuer", "audience", "created_at"];
