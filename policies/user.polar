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

# All roles can read the users that their company's API keys act as, and a partner those of the companies that it manages. V14 V51
allow(viewer: Viewer, "read", user: User) if
    key in user.api_keys and key.company_id = viewer.company_id;
allow(viewer: Viewer, "read", user: User) if
    partner(viewer) and key in user.api_keys and key.partner_id = viewer.company_id;

# The operator can read every user. V21
allow(viewer: Viewer, "read", _user: User) if operator(viewer);

# A user can change its own name, job title and photo. R408 V45
allow(viewer: Viewer, "update_user", user: User) if
    user.id = viewer.signed_in_id;

# A user can change its own password. V44
allow(viewer: Viewer, "change_password", user: User) if
    user.id = viewer.signed_in_id;

# A user with a verified address can register a company. R403 V46
allow(viewer: Viewer, "register_company", user: User) if
    user.id = viewer.signed_in_id and user.email_verified_at != nil;

# Anyone who can read a user can read its name, job title and photo. R407 V23
allow_field(_viewer: Viewer, "read", _user: User, field) if
    field in ["name", "job_title", "photo"];

# Only the user, account administrators and the operator can read an email address. V23
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", user: User, "email") if
    user.id = viewer.user_id;
allow_field(viewer: Viewer, "read", _user: User, "email") if
    "ACCOUNT_ADMIN" in viewer.roles;
allow_field(viewer: Viewer, "read", _user: User, "email") if operator(viewer);

# Only the user can read its version, which it states when it changes its details: it reveals edits. R408
allow_field(viewer: Viewer, "read", user: User, "version") if
    user.id = viewer.signed_in_id;

# Users can upload files for themselves, which belong to them until something uses them. V64 V71
allow(viewer: Viewer, "upload", user: User) if
    user.id = viewer.signed_in_id;
