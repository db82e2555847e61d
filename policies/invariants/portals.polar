# Portals: whose pages can embed one, and who sees how it appears.

# Only account administrators reach the origins of a company's portal, and the operator's staff, who change none. V21 V52
never(viewer: Viewer, "read", _origin: PortalOrigin) if not administers(viewer) and not operator(viewer);
never(viewer: Viewer, "read", origin: PortalOrigin) if
    not operator(viewer) and origin.company_id != viewer.company_id and origin.partner_id != viewer.company_id;
never(viewer: Viewer, "set_portal_origins", _company: Company) if not administers(viewer);
never(viewer: Viewer, "set_portal_origins", _company: Company) if managed(viewer);
never(viewer: Viewer, "verify_portal_origin", _company: Company) if not administers(viewer);
never(viewer: Viewer, "verify_portal_origin", _company: Company) if managed(viewer);

# Nobody sets them without a recent sign-in, or for a company that isn't verified. V47 V52 V66
never(viewer: Viewer, "set_portal_origins", _company: Company) if viewer.sign_in_stale;
never(_viewer: Viewer, "set_portal_origins", company: Company) if company.verification_status != "VERIFIED";

# A portal's appearance is for its company, for the accounts that it manages and for the operator. V21 V52
never(viewer: Viewer, "read", appearance: PortalAppearance) if
    not operator(viewer) and appearance.company_id != viewer.company_id and appearance.company_id != viewer.partner_id;
never(viewer: Viewer, "save_portal_appearance", company: Company) if company.id != viewer.company_id;
