# Sessions: where a user is signed in. Nobody else can read or end them, not even while they view the market as that user.

# A user can read its own sessions. V44
allow(viewer: Viewer, "read", session: Session) if
    session.user_id = viewer.signed_in_id;

# A user can end its own sessions. V44 V59
allow(viewer: Viewer, "revoke", session: Session) if
    session.user_id = viewer.signed_in_id;

allow_field(_viewer: Viewer, "read", _session: Session, field) if
    field in ["created_at", "last_used_at", "recent_until", "user_agent", "current"];
