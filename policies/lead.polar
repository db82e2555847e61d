# Leads: who is interested in what a company sells. Those who are can't read what becomes of it. V17

# A company's account administrators and Marketplace editors can read its leads. V40
allow(viewer: Viewer, "read", lead: Lead) if
    writes_products(viewer) and lead.company_id = viewer.company_id;

# A partner's can read the leads of the accounts that it manages. V14 V40
allow(viewer: Viewer, "read", lead: Lead) if
    writes_products(viewer) and partner(viewer) and lead.partner_id = viewer.company_id;

# The operator can read every lead. V40
allow(viewer: Viewer, "read", _lead: Lead) if operator(viewer);

allow_field(_viewer: Viewer, "read", _lead: Lead, field) if
    field in [
        "company", "source", "status", "product", "requester", "buyer_account_id", "contact_name", "contact_email", "contact_company",
        "message", "notes", "created_at", "updated_at", "is_final"
    ];

# Everyone who can read a company's leads, except the operator, can also update them. V17 V40
allow(viewer: Viewer, "update", lead: Lead) if works_on_lead(viewer, lead);
allow(viewer: Viewer, "add_note", lead: Lead) if works_on_lead(viewer, lead);
works_on_lead(viewer: Viewer, lead: Lead) if
    writes_products(viewer) and lead.company_id = viewer.company_id;
works_on_lead(viewer: Viewer, lead: Lead) if
    writes_products(viewer) and partner(viewer) and lead.partner_id = viewer.company_id;

# They state its version when they change its status.
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", lead: Lead, "version") if works_on_lead(viewer, lead);
