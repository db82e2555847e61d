# Notifications: what a user is told. They are its alone: neither its company's other members, nor its partner, nor the operator
# read them, not even while they look at the market as that user.

# A user reads its own, while it is signed in for the company that they concern. X6
allow(viewer: Viewer, "read", notification: Notification) if
    notification.user_id = viewer.signed_in_id and notification.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _notification: Notification, field) if
    field in ["kind", "title", "body", "subject_id", "created_at", "read_at"];

# Whoever was told something marks it as read. X6
allow(viewer: Viewer, "mark_read", notification: Notification) if
    notification.user_id = viewer.signed_in_id and notification.company_id = viewer.company_id;
