# Notifications: messages to a single user. Nobody else can read them: not other members of the company, its partner or the operator,
# not even while they view the market as that user.

# A user can read its own notifications while it's signed in for the company that they concern. X6
allow(viewer: Viewer, "read", notification: Notification) if
    notification.user_id = viewer.signed_in_id and notification.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _notification: Notification, field) if
    field in ["kind", "title", "body", "subject", "subject_id", "created_at", "read_at"];

# A user can mark its own notifications as read. X6
allow(viewer: Viewer, "mark_read", notification: Notification) if
    notification.user_id = viewer.signed_in_id and notification.company_id = viewer.company_id;
