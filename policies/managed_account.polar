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

# A partner's account administrator runs the accounts that it manages. R105 V2 A43
runs(viewer: Viewer, account: ManagedAccount) if
    partner(viewer) and administers(viewer) and account.partner_id = viewer.company_id;
allow(viewer: Viewer, "update_managed_account", account: ManagedAccount) if runs(viewer, account);
allow(viewer: Viewer, "update_managed_account_settings", account: ManagedAccount) if runs(viewer, account);

# The version is for whoever may edit. A managed account would learn from it of edits that it does not see.
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", account: ManagedAccount, "version") if runs(viewer, account);
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _account: ManagedAccount, "version") if managed(viewer);
