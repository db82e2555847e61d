# Support details: where a company gets technical support.

# A company can read its own support details. R123
allow(viewer: Viewer, "read", details: SupportDetails) if
    details.company_id = viewer.company_id;

# A partner can read the support details of the companies that it manages. V21
allow(viewer: Viewer, "read", details: SupportDetails) if
    partner(viewer) and details.partner_id = viewer.company_id;

# The operator can read all support details. V21
allow(viewer: Viewer, "read", _details: SupportDetails) if operator(viewer);

# A managed account that the operator supports can't read them. R124
deny(viewer: Viewer, _action, _details: SupportDetails) if
    managed(viewer) and viewer.supported_by != "PARTNER";

allow_field(_viewer: Viewer, "read", _details: SupportDetails, field) if
    field in ["supported_by", "email", "phone", "hours"];

# Only account administrators can read the version. For a managed account, only its partner's can. R123 A43
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", details: SupportDetails, "version") if
    viewer.kind in ["DIRECT", "PARTNER", "OPERATOR"] and administers(viewer) and details.company_id = viewer.company_id;
allow_field(viewer: Viewer, "read", details: SupportDetails, "version") if
    partner(viewer) and administers(viewer) and details.partner_id = viewer.company_id;
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _details: SupportDetails, "version") if managed(viewer);
