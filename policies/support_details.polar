# Support details: whom a company turns to for technical support.

# A company reads its own. R123
allow(viewer: Viewer, "read", details: SupportDetails) if
    details.company_id = viewer.company_id;

# A partner reads those of the companies that it manages. V21
allow(viewer: Viewer, "read", details: SupportDetails) if
    partner(viewer) and details.partner_id = viewer.company_id;

# The operator reads all. V21
allow(viewer: Viewer, "read", _details: SupportDetails) if operator(viewer);

# Not for a managed account that the operator supports. R124
deny(viewer: Viewer, _action, _details: SupportDetails) if
    managed(viewer) and viewer.supported_by != "PARTNER";

allow_field(_viewer: Viewer, "read", _details: SupportDetails, field) if
    field in ["supported_by", "email", "phone", "hours"];

# The version is for whoever may edit: an account administrator, of managed accounts the partner's. R123 A43
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", details: SupportDetails, "version") if
    viewer.kind in ["DIRECT", "PARTNER", "OPERATOR"] and administers(viewer) and details.company_id = viewer.company_id;
allow_field(viewer: Viewer, "read", details: SupportDetails, "version") if
    partner(viewer) and administers(viewer) and details.partner_id = viewer.company_id;
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _details: SupportDetails, "version") if managed(viewer);
