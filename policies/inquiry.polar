# Inquiries: what others ask a provider by its Marketplace profile. Their senders have sent them, and read them no more.

# A company's editors of its profile read what it is asked. R018 V9
allow(viewer: Viewer, "read", inquiry: Inquiry) if
    edits_marketplace(viewer) and inquiry.company_id = viewer.company_id;

# A partner's editors read what the companies that it manages are asked. A9
allow(viewer: Viewer, "read", inquiry: Inquiry) if
    partner(viewer) and edits_marketplace(viewer) and inquiry.partner_id = viewer.company_id;

# The operator reads every inquiry: it answers for what is sent by the Marketplace.
allow(viewer: Viewer, "read", _inquiry: Inquiry) if operator(viewer);

allow_field(_viewer: Viewer, "read", _inquiry: Inquiry, field) if
    field in ["profile", "name", "email", "company", "message", "created_at"];
