# Memberships: the users of a company and their roles.

# All roles can read the members of their company. V23
allow(viewer: Viewer, "read", membership: Membership) if
    membership.company_id = viewer.company_id;

# A partner can read the members of the companies that it manages. V14 V21
allow(viewer: Viewer, "read", membership: Membership) if
    partner(viewer) and membership.partner_id = viewer.company_id;

# A user can read its own memberships of all companies, whichever it's signed in for. V45
allow(viewer: Viewer, "read", membership: Membership) if
    membership.user_id = viewer.signed_in_id;

# The operator can read every membership. V21
allow(viewer: Viewer, "read", _membership: Membership) if operator(viewer);

allow_field(_viewer: Viewer, "read", _membership: Membership, field) if
    field in ["user", "company", "roles", "created_at"];

# Account administrators can change the roles of their company's members, and of the members of companies that it manages. R405 V14 V49
allow(viewer: Viewer, "update", membership: Membership) if runs_team(viewer, membership);

# Giving roles needs a recent sign-in, so that a stolen token can't. V50 V66
# @reason RECENT_SIGN_IN_REQUIRED
deny(viewer: Viewer, "update", membership: Membership) if
    viewer.sign_in_stale and runs_team(viewer, membership);

# Account administrators can remove members of their company, and of companies that it manages. V14 V49
allow(viewer: Viewer, "remove", membership: Membership) if runs_team(viewer, membership);

# A team is run by the account administrators of its company, and of the partner that manages the company. V14 V49
runs_team(viewer: Viewer, membership: Membership) if
    administers(viewer) and membership.company_id = viewer.company_id;
runs_team(viewer: Viewer, membership: Membership) if
    partner(viewer) and administers(viewer) and membership.partner_id = viewer.company_id;

# Every member can leave its company. V50
allow(viewer: Viewer, "remove", membership: Membership) if
    membership.user_id = viewer.user_id and membership.company_id = viewer.company_id;

# A user can switch to any company that it's a member of. V45
allow(viewer: Viewer, "switch_to", membership: Membership) if
    membership.user_id = viewer.signed_in_id;

# Account administrators of an account's partner, and the operator's support, can view the market as one of its users. V14 A43
allow(viewer: Viewer, "view_as", membership: Membership) if
    partner(viewer) and administers(viewer) and membership.partner_id = viewer.company_id;
allow(viewer: Viewer, "view_as", _membership: Membership) if supports(viewer);

# The partner's account administrators and the operator's staff can have decisions about a user explained. V14 A43
allow(viewer: Viewer, "explain", membership: Membership) if
    partner(viewer) and administers(viewer) and membership.partner_id = viewer.company_id;
allow(viewer: Viewer, "explain", _membership: Membership) if operator(viewer);
