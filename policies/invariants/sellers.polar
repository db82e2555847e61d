# Sellers: who can say where a company is paid, who can read it, and who can let a company publish automatically.

# Only account administrators, finance users and the operator's staff reach a registration. V31
never(viewer: Viewer, _action, _registration: SellerRegistration) if
    not handles_bank_accounts(viewer) and not operator(viewer);
never(viewer: Viewer, _action, registration: SellerRegistration) if
    not operator(viewer) and registration.company_id != viewer.company_id and registration.partner_id != viewer.company_id;

# Only they register a seller, for their own company or one that it manages. A managed account's can't. V31
never(viewer: Viewer, "register_seller", _company: Company) if not handles_bank_accounts(viewer);
never(viewer: Viewer, "register_seller", _company: Company) if managed(viewer);
never(viewer: Viewer, "register_seller", company: Company) if
    company.id != viewer.company_id and company.partner_id != viewer.company_id;

# Nobody registers one without a recent sign-in, or for a company that isn't verified. V47 V66 V74
never(viewer: Viewer, "register_seller", _company: Company) if viewer.sign_in_stale;
never(_viewer: Viewer, "register_seller", company: Company) if company.verification_status != "VERIFIED";

# Only reviewers give publishers' rights. R320 V62
never(viewer: Viewer, "set_publisher_rights", _company: Company) if not reviews(viewer);
