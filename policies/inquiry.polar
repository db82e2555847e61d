# Inquiries: questions sent to a provider through its Marketplace profile. Senders can't read an inquiry after sending it.

# A company's Marketplace editors can read the inquiries that it receives. R018 V9
allow(viewer: Viewer, "read", inquiry: Inquiry) if
    edits_marketplace(viewer) and inquiry.company_id = viewer.company_id;

# A partner's Marketplace editors can read the inquiries of the companies that it manages. A9
allow(viewer: Viewer, "read", inquiry: Inquiry) if
    partner(viewer) and edits_marketplace(viewer) and inquiry.partner_id = viewer.company_id;

# The operator can read every inquiry: it's responsible for what is sent through the Marketplace.
allow(viewer: Viewer, "read", _inquiry: Inquiry) if operator(viewer);

allow_field(_viewer: Viewer, "read", _inquiry: Inquiry, field) if
    field in ["profile", "name", "email", "company", "message", "created_at"];
