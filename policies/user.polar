# Users: people, known through the companies that they belong to.

# A user reads itself.
allow(viewer: Viewer, "read", user: User) if
    user.id = viewer.user_id;

# Every role reads the people of its company. V23
allow(viewer: Viewer, "read", user: User) if
    membership in user.memberships and membership.company_id = viewer.company_id;

# A partner reads the people of the companies that it manages. V14 V21
allow(viewer: Viewer, "read", user: User) if
    partner(viewer) and membership in user.memberships and membership.partner_id = viewer.company_id;

# The operator reads all. V21
allow(viewer: Viewer, "read", _user: User) if operator(viewer);

allow_field(_viewer: Viewer, "read", _user: User, field) if
    field in ["name", "job_title"];

# E-mail addresses are for the user itself, for account administrators and for the operator. V23
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", user: User, "email") if
    user.id = viewer.user_id;
allow_field(viewer: Viewer, "read", _user: User, "email") if
    "ACCOUNT_ADMIN" in viewer.roles;
allow_field(viewer: Viewer, "read", _user: User, "email") if operator(viewer);
