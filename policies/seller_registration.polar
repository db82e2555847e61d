# Registrations of sellers: the bank accounts that companies are paid to. Nobody can read a number, only its last characters.

# Account administrators and finance users can read their own company's, and those of the accounts that it manages. V14 V31
allow(viewer: Viewer, "read", registration: SellerRegistration) if
    handles_bank_accounts(viewer) and registration.company_id = viewer.company_id;
allow(viewer: Viewer, "read", registration: SellerRegistration) if
    partner(viewer) and handles_bank_accounts(viewer) and registration.partner_id = viewer.company_id;

# The operator can read every one. V31
allow(viewer: Viewer, "read", _registration: SellerRegistration) if operator(viewer);

allow_field(_viewer: Viewer, "read", _registration: SellerRegistration, field) if
    field in ["account_holder", "bank_account_country", "bank_account_last4", "registered_at"];
