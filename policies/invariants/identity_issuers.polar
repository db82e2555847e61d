# Identity issuers: who can say how a company's members sign in.

# Only account administrators reach or set an issuer, and only their own company's, not even its partner or the operator's staff. V53 V75
never(viewer: Viewer, _action, _issuer: IdentityIssuer) if not administers(viewer);
never(viewer: Viewer, _action, issuer: IdentityIssuer) if issuer.company_id != viewer.company_id;
never(viewer: Viewer, "set_identity_issuer", _company: Company) if not administers(viewer);
never(viewer: Viewer, "set_identity_issuer", company: Company) if company.id != viewer.company_id;

# Nobody sets one without a recent sign-in, or for a company that isn't verified. V47 V66 V75
never(viewer: Viewer, "set_identity_issuer", _company: Company) if viewer.sign_in_stale;
never(_viewer: Viewer, "set_identity_issuer", company: Company) if company.verification_status != "VERIFIED";
