# Members: who can change a company's team, and who never can.

# Only account administrators change roles. Everyone else can remove at most its own membership. A43 V49 V50
never(viewer: Viewer, "update", _membership: Membership) if not administers(viewer);
never(viewer: Viewer, "remove", membership: Membership) if not administers(viewer) and membership.user_id != viewer.user_id;

# Nobody gives roles without a recent sign-in. V50 V66
never(viewer: Viewer, "update", _membership: Membership) if viewer.sign_in_stale;

# Account administrators do it in their own company and in those that it manages, also if they are the operator's staff. V14 V49
never(viewer: Viewer, "update", membership: Membership) if elsewhere(viewer, membership);
never(viewer: Viewer, "remove", membership: Membership) if elsewhere(viewer, membership);

elsewhere(viewer: Viewer, membership: Membership) if
    membership.company_id != viewer.company_id and membership.partner_id != viewer.company_id;

# A member can always leave. V50
always(viewer: Viewer, "remove", membership: Membership) if
    membership.user_id = viewer.user_id and membership.company_id = viewer.company_id;
