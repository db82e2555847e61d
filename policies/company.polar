# Companies: who buys and sells. A company that has nothing to show is nobody else's business. V18

# Its people act for a company, and so do those of the partner that manages it. V14
acts_for(viewer: Viewer, company: Company) if
    company.id = viewer.company_id;
acts_for(viewer: Viewer, company: Company) if
    partner(viewer) and company.partner_id = viewer.company_id;

# Whoever acts for a company reads it. V14 V18
allow(viewer: Viewer, "read", company: Company) if acts_for(viewer, company);

# A managed company reads its partner. V18
allow(viewer: Viewer, "read", company: Company) if
    managed(viewer) and company.id = viewer.partner_id;

# The operator reads every company. V18
allow(viewer: Viewer, "read", _company: Company) if operator(viewer);

# Everybody reads a company that shows itself or a product to everybody. R010 V18
allow(_viewer: Viewer, "read", company: Company) if company.profile_visibility = "PUBLIC";
allow(_viewer: Viewer, "read", company: Company) if company.public_products > 0;

# Whoever looks at a limited product as a test account reads its seller. R254 V18
allow(viewer: Viewer, "read", company: Company) if
    account in company.invitations and
    account.company_id = viewer.company_id and account.product_visibility = "LIMITED";

# A buyer, and its partner, reads who made it an offer. R219 V18 V19
allow(viewer: Viewer, "read", company: Company) if
    dealing in company.sales and
    dealing.buyer_id = viewer.company_id and extended(dealing.status);
allow(viewer: Viewer, "read", company: Company) if
    partner(viewer) and dealing in company.sales and
    dealing.buyer_partner_id = viewer.company_id and extended(dealing.status);

# A seller, and its partner, reads whom it made an offer. V18 V19
allow(viewer: Viewer, "read", company: Company) if
    reads_offers(viewer) and dealing in company.purchases and dealing.seller_id = viewer.company_id;
allow(viewer: Viewer, "read", company: Company) if
    partner(viewer) and reads_offers(viewer) and
    dealing in company.purchases and dealing.seller_partner_id = viewer.company_id;

# Whoever reads a company reads what it is called and does; what hangs below it has rules of its own. V18
allow_field(_viewer: Viewer, "read", _company: Company, field) if
    field in [
        "trading_name", "company_type", "marketplace_profile", "managed_accounts",
        "ports", "products", "offers", "received_offers"
    ];

# How a company works with the operator is between itself, its partner and the operator, and so is the rest of it. V18 V21
allow_field(viewer: Viewer, "read", company: Company, field) if
    close_to(viewer, company) and
    field in [
        "account_kind", "partner", "company_profile", "billing_markets", "support_details", "members", "dashboard", "invoices"
    ];
close_to(viewer: Viewer, company: Company) if acts_for(viewer, company);
close_to(viewer: Viewer, _company: Company) if operator(viewer);

# What a partner has set for all its accounts is between itself and the operator; an account sees what is in effect. V2 V14
allow_field(viewer: Viewer, "read", company: Company, "partner_defaults") if
    company.id = viewer.company_id;
allow_field(viewer: Viewer, "read", _company: Company, "partner_defaults") if operator(viewer);
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _company: Company, "partner_defaults") if managed(viewer);

# A managed account reads its own company profile when its partner lets it. R111 A13 X1
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", company: Company, "company_profile") if
    managed(viewer) and not viewer.company_profile_shown and company.id = viewer.company_id;

# A managed account never reads its own Marketplace profile, whatever its partner sets. R002 R116 A8
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", company: Company, "marketplace_profile") if
    managed(viewer) and company.id = viewer.company_id;

# Billing markets are never for managed accounts. R107
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _company: Company, "billing_markets") if managed(viewer);

# Support details are not for a managed account that the operator supports. R123 R124
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", company: Company, "support_details") if
    managed(viewer) and viewer.supported_by != "PARTNER" and company.id = viewer.company_id;

# A managed account has no dashboard until its partner switches it on. R112 A14
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", company: Company, "dashboard") if
    dashboard_hidden(viewer) and company.id = viewer.company_id;

# Managed accounts pay no invoice of the operator's and read none. R114
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _company: Company, "invoices") if managed(viewer);

# Invoices are for the roles that read prices. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", company: Company, "invoices") if
    not reads_prices(viewer) and acts_for(viewer, company);

# The version is for whoever may edit: it tells of edits of what others may not see.
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", company: Company, "version") if edits(viewer, company);
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _company: Company, "version") if managed(viewer);

# An account administrator edits its own company, but a managed one is edited by its partner's, whatever is set. R111 A13 A43
edits(viewer: Viewer, company: Company) if
    administers(viewer) and not managed(viewer) and acts_for(viewer, company);
allow(viewer: Viewer, "update_company_profile", company: Company) if edits(viewer, company);

# Its support details likewise, whoever gives the support. R123 R124 V15
allow(viewer: Viewer, "update_support_details", company: Company) if edits(viewer, company);

# Its Marketplace profile is saved by its editors, or its partner's, the logo first. V9 A9
allow(viewer: Viewer, "save_marketplace_profile", company: Company) if
    edits_marketplace(viewer) and acts_for(viewer, company);

# A company that pays for itself decides where it is billed. V12 A43
allow(viewer: Viewer, "set_billing_market", company: Company) if
    viewer.kind in ["DIRECT", "PARTNER"] and role in ["ACCOUNT_ADMIN", "FINANCE"] and role in viewer.roles and
    company.id = viewer.company_id;

# A partner's account administrator makes managed accounts, and sets what is switched on for all of them. A18 V2 V15
allow(viewer: Viewer, "create_managed_account", company: Company) if
    partner(viewer) and administers(viewer) and company.id = viewer.company_id;
allow(viewer: Viewer, "update_partner_defaults", company: Company) if
    partner(viewer) and administers(viewer) and company.id = viewer.company_id;

# Ports are ordered by whoever runs a company's network, and for a managed company by its partner too. V14 A43
orders(viewer: Viewer, company: Company) if
    runs_network(viewer) and acts_for(viewer, company);
allow(viewer: Viewer, "order_port", company: Company) if orders(viewer, company);

# A managed user's order waits for its partner where that is switched on; a partner approves its own orders by making them. V13
allow(viewer: Viewer, "order_port_directly", company: Company) if
    orders(viewer, company) and not viewer.order_approval_required;

# A port is ordered PUBLIC by whoever may publish one: never by a managed user. V1
allow(viewer: Viewer, "publish_port", company: Company) if
    orders(viewer, company) and not managed(viewer);

# Its partner's staff look at the market as an account that they look after would see it, with the roles that they have. V14
allow(viewer: Viewer, "view_as", company: Company) if
    partner(viewer) and company.partner_id = viewer.company_id;

# So does the operator's support, as any company. A43
allow(viewer: Viewer, "view_as", _company: Company) if supports(viewer);

# Whoever looks after all of a company does so as an administrator of its own would. V14 A43
allow(viewer: Viewer, "view_as_administrator", company: Company) if
    partner(viewer) and administers(viewer) and company.partner_id = viewer.company_id;
allow(viewer: Viewer, "view_as_administrator", _company: Company) if operator(viewer);

# Which rules decide for the viewers of an account is told to who administers it: its partner, and the operator's staff. V14
allow(viewer: Viewer, "explain", company: Company) if
    partner(viewer) and administers(viewer) and company.partner_id = viewer.company_id;
allow(viewer: Viewer, "explain", _company: Company) if operator(viewer);
