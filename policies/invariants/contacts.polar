# Contacts: who can read users' contact details.

# Only account administrators and the operator can read another user's email address. V23
never(viewer: Viewer, "read", user: User, "email") if
    not administers(viewer) and not operator(viewer) and user.id != viewer.user_id;
never(viewer: Viewer, "read", user: User, "email") if not member(viewer) and user.id != viewer.user_id;
