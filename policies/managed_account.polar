# Managed accounts: the companies that a partner runs the experience of. R103 R104

# A partner reads the accounts that it manages. V14
allow(viewer: Viewer, "read", account: ManagedAccount) if
    partner(viewer) and account.partner_id = viewer.company_id;

# A managed company reads its own account. V25
allow(viewer: Viewer, "read", account: ManagedAccount) if
    managed(viewer) and account.company_id = viewer.company_id;

# The operator reads every account.
allow(viewer: Viewer, "read", _account: ManagedAccount) if operator(viewer);

# Whoever reads an account reads what it is and what is switched on for it. R106 V2 V25
allow_field(_viewer: Viewer, "read", _account: ManagedAccount, field) if
    field in ["account_name", "account_ref", "company", "partner", "supported_by", "settings"];

# The reference is the partner's own. V25
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _account: ManagedAccount, "account_ref") if managed(viewer);
