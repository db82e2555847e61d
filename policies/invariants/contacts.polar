# Contacts: who may see how to reach people.

# Nobody reads another user's address but account administrators and the operator. V23
never(viewer: Viewer, "read", user: User, "email") if
    not administers(viewer) and not operator(viewer) and user.id != viewer.user_id;
never(viewer: Viewer, "read", _user: User, "email") if not signed_in(viewer);
