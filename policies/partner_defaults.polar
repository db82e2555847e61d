# Partner defaults: a partner's settings for all the accounts that it manages. V2

# A partner can read its own defaults. Accounts can read only the settings in effect for them.
allow(viewer: Viewer, "read", defaults: PartnerDefaults) if
    partner(viewer) and defaults.partner_id = viewer.company_id;

# The operator can read every partner's defaults. V21
allow(viewer: Viewer, "read", _defaults: PartnerDefaults) if operator(viewer);

allow_field(_viewer: Viewer, "read", _defaults: PartnerDefaults, field) if
    field in ["pricing", "chat_support", "dashboard", "company_profile", "order_approval"];

# Only users who can edit the defaults can read their version. A43
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", defaults: PartnerDefaults, "version") if
    administers(viewer) and defaults.partner_id = viewer.company_id;
