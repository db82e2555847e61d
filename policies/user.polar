# Users: people, visible through the companies that they belong to.

# A user can read itself.
allow(viewer: Viewer, "read", user: User) if
    user.id = viewer.user_id;

# All roles can read the users of their company. V23
allow(viewer: Viewer, "read", user: User) if
    membership in user.memberships and membership.company_id = viewer.company_id;

# A partner can read the users of the companies that it manages. V14 V21
allow(viewer: Viewer, "read", user: User) if
    partner(viewer) and membership in user.memberships and membership.partner_id = viewer.company_id;

# The operator can read every user. V21
allow(viewer: Viewer, "read", _user: User) if operator(viewer);

allow_field(_viewer: Viewer, "read", _user: User, field) if
    field in ["name", "job_title"];

# Only the user, account administrators and the operator can read an email address. V23
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", user: User, "email") if
    user.id = viewer.user_id;
allow_field(viewer: Viewer, "read", _user: User, "email") if
    "ACCOUNT_ADMIN" in viewer.roles;
allow_field(viewer: Viewer, "read", _user: User, "email") if operator(viewer);

# Users can upload files for themselves, which belong to them until something uses them. V64 V71
allow(viewer: Viewer, "upload", user: User) if
    user.id = viewer.signed_in_id;
