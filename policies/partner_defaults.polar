# Partner defaults: what a partner has set for all the accounts that it manages. V2

# A partner reads its own. The accounts read what is in effect for them, and not where others stand.
allow(viewer: Viewer, "read", defaults: PartnerDefaults) if
    partner(viewer) and defaults.partner_id = viewer.company_id;

# The operator reads all. V21
allow(viewer: Viewer, "read", _defaults: PartnerDefaults) if operator(viewer);

allow_field(_viewer: Viewer, "read", _defaults: PartnerDefaults, field) if
    field in ["pricing", "chat_support", "dashboard", "company_profile", "order_approval"];

# The version is for whoever may edit. A43
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", defaults: PartnerDefaults, "version") if
    administers(viewer) and defaults.partner_id = viewer.company_id;
