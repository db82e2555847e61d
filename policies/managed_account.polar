# Managed accounts: the companies whose experience a partner controls. R103 R104

# A partner can read the accounts that it manages. V14
allow(viewer: Viewer, "read", account: ManagedAccount) if
    partner(viewer) and account.partner_id = viewer.company_id;

# A managed company can read its own account. V25
allow(viewer: Viewer, "read", account: ManagedAccount) if
    managed(viewer) and account.company_id = viewer.company_id;

# The operator can read every account.
allow(viewer: Viewer, "read", _account: ManagedAccount) if operator(viewer);

# Anyone who can read an account can read its description and its settings. R106 V2 V25
allow_field(_viewer: Viewer, "read", _account: ManagedAccount, field) if
    field in ["account_name", "account_ref", "company", "partner", "supported_by", "settings"];

# The account reference is for the partner's own use. V25
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _account: ManagedAccount, "account_ref") if managed(viewer);

# A partner's account administrator can edit the accounts that the partner manages. R105 V2 A43
runs(viewer: Viewer, account: ManagedAccount) if
    partner(viewer) and administers(viewer) and account.partner_id = viewer.company_id;
allow(viewer: Viewer, "update_managed_account", account: ManagedAccount) if runs(viewer, account);
allow(viewer: Viewer, "update_managed_account_settings", account: ManagedAccount) if runs(viewer, account);

# Only users who can edit the account can read its version. It would reveal edits that a managed account can't see.
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", account: ManagedAccount, "version") if runs(viewer, account);
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _account: ManagedAccount, "version") if managed(viewer);
