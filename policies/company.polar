# Companies: the buyers and sellers. A company that publishes nothing is hidden from companies that it has no dealings with. V18

# A company's own users act for it. So do the users of the partner that manages it. V14
acts_for(viewer: Viewer, company: Company) if
    company.id = viewer.company_id;
acts_for(viewer: Viewer, company: Company) if
    partner(viewer) and company.partner_id = viewer.company_id;

# Anyone who acts for a company can read it. V14 V18
allow(viewer: Viewer, "read", company: Company) if acts_for(viewer, company);

# A managed company can read its partner. V18
allow(viewer: Viewer, "read", company: Company) if
    managed(viewer) and company.id = viewer.partner_id;

# A user can read all companies that it's a member of, whichever it's signed in for. V45
allow(viewer: Viewer, "read", company: Company) if
    membership in company.memberships and membership.user_id = viewer.signed_in_id;

# An invited user can read the company that invites it, and so can a visitor who holds the invitation's link. V45 V57
allow(viewer: Viewer, "read", company: Company) if
    invitation in company.sent_invitations and
    invitation.ended_at = nil and invitation.invitee_id = viewer.signed_in_id;
allow(viewer: Viewer, "read", company: Company) if
    viewer.kind = "ANONYMOUS" and invitation in company.sent_invitations and
    invitation.ended_at = nil and invitation.id = viewer.invitation_id;

# The operator can read every company. V18
allow(viewer: Viewer, "read", _company: Company) if operator(viewer);

# Everyone can read a company that has a public profile or a public product. R010 V18
allow(_viewer: Viewer, "read", company: Company) if company.profile_visibility = "PUBLIC";
allow(_viewer: Viewer, "read", company: Company) if company.public_products > 0;

# A test account of a limited product can read the product's seller. R254 V18
allow(viewer: Viewer, "read", company: Company) if
    account in company.invitations and
    account.company_id = viewer.company_id and account.product_visibility = "LIMITED";

# A seller and its partner can read the test accounts of the seller's products. R254 V18
allow(viewer: Viewer, "read", company: Company) if
    account in company.tests and account.seller_id = viewer.company_id;
allow(viewer: Viewer, "read", company: Company) if
    partner(viewer) and account in company.tests and account.seller_partner_id = viewer.company_id;

# A buyer and its partner can read the companies that made it an offer. R219 V18 V19
allow(viewer: Viewer, "read", company: Company) if
    dealing in company.sales and
    dealing.buyer_id = viewer.company_id and extended(dealing.status);
allow(viewer: Viewer, "read", company: Company) if
    partner(viewer) and dealing in company.sales and
    dealing.buyer_partner_id = viewer.company_id and extended(dealing.status);

# A seller and its partner can read the companies that it made an offer to. V18 V19
allow(viewer: Viewer, "read", company: Company) if
    reads_offers(viewer) and dealing in company.purchases and dealing.seller_id = viewer.company_id;
allow(viewer: Viewer, "read", company: Company) if
    partner(viewer) and reads_offers(viewer) and
    dealing in company.purchases and dealing.seller_partner_id = viewer.company_id;

# Anyone who can read a company can read its name and type. The objects that it owns have their own rules. V18
allow_field(_viewer: Viewer, "read", _company: Company, field) if
    field in [
        "trading_name", "company_type", "marketplace_profile", "managed_accounts",
        "ports", "products", "offers", "received_offers"
    ];

# Only the company, its partner and the operator can read how the company works with the operator, and its other details. V18 V21
allow_field(viewer: Viewer, "read", company: Company, field) if
    close_to(viewer, company) and
    field in [
        "account_kind", "partner", "company_profile", "billing_markets", "support_details", "members", "dashboard", "invoices"
    ];
close_to(viewer: Viewer, company: Company) if acts_for(viewer, company);
close_to(viewer: Viewer, _company: Company) if operator(viewer);

# The company, its partner and the operator can read how its verification stands, and what it may sell. R404 R413 A39 A41
allow_field(viewer: Viewer, "read", company: Company, field) if
    close_to(viewer, company) and
    field in [
        "verification_status", "waits_for", "is_final", "verification_reason", "verification_submitted_at", "verification_due_at",
        "distribution_agreement"
    ];

# Account administrators of the company and of its partner, and the operator, can read its certificate. R409 R422
allow_field(viewer: Viewer, "read", company: Company, "registration_certificate") if
    administers(viewer) and acts_for(viewer, company);
allow_field(viewer: Viewer, "read", _company: Company, "registration_certificate") if operator(viewer);

# Other roles of the company can't. R409
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", company: Company, "registration_certificate") if
    not administers(viewer) and acts_for(viewer, company);

# A certificate shows what the company profile shows, so a managed account can read its own only with that. R111 A13
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", company: Company, "registration_certificate") if
    managed(viewer) and not viewer.company_profile_shown and company.id = viewer.company_id;

# Only a partner and the operator can read the partner's defaults. An account can read the settings in effect for it. V2 V14
allow_field(viewer: Viewer, "read", company: Company, "partner_defaults") if
    company.id = viewer.company_id;
allow_field(viewer: Viewer, "read", _company: Company, "partner_defaults") if operator(viewer);
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _company: Company, "partner_defaults") if managed(viewer);

# A managed account can read its own company profile only if its partner allows it. R111 A13 X1
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", company: Company, "company_profile") if
    managed(viewer) and not viewer.company_profile_shown and company.id = viewer.company_id;

# A managed account can never read its own Marketplace profile, whatever its partner's settings. R002 R116 A8
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", company: Company, "marketplace_profile") if
    managed(viewer) and company.id = viewer.company_id;

# Managed accounts never have access to billing markets. R107
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _company: Company, "billing_markets") if managed(viewer);

# A managed account that the operator supports can't read support details. R123 R124
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", company: Company, "support_details") if
    managed(viewer) and viewer.supported_by != "PARTNER" and company.id = viewer.company_id;

# A managed account has no dashboard until its partner enables it. R112 A14
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", company: Company, "dashboard") if
    dashboard_hidden(viewer) and company.id = viewer.company_id;

# The operator doesn't invoice managed accounts, so they can't read invoices. R114
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _company: Company, "invoices") if managed(viewer);

# Only roles that can read prices can read invoices. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", company: Company, "invoices") if
    not reads_prices(viewer) and acts_for(viewer, company);

# Only the company itself can read its API keys, and only its account administrators. V51
allow_field(viewer: Viewer, "read", company: Company, "api_keys") if
    company.id = viewer.company_id;
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", company: Company, "api_keys") if
    not administers(viewer) and company.id = viewer.company_id;

# Only account administrators of the company and of its partner can read its webhook endpoints. V14 V52
allow_field(viewer: Viewer, "read", company: Company, "webhook_endpoints") if acts_for(viewer, company);
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", company: Company, "webhook_endpoints") if
    not administers(viewer) and acts_for(viewer, company);

# Only the company itself can read its identity issuer, and only its account administrators. V53 V75
allow_field(viewer: Viewer, "read", company: Company, "identity_issuer") if
    company.id = viewer.company_id;
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", company: Company, "identity_issuer") if
    not administers(viewer) and company.id = viewer.company_id;

# Only account administrators of the company and of its partner, and the operator, can read its portal origins. V14 V52
allow_field(viewer: Viewer, "read", company: Company, "portal_origins") if close_to(viewer, company);
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", company: Company, "portal_origins") if
    not administers(viewer) and not operator(viewer) and close_to(viewer, company);

# The company, its partner and the operator can read how the portal appears that its users see: for a managed account, its partner's. V52
allow_field(viewer: Viewer, "read", company: Company, "portal_appearance") if close_to(viewer, company);

# Only account administrators and finance users of the company and of its partner, and the operator, can read where it's paid. V31
allow_field(viewer: Viewer, "read", company: Company, "seller_registration") if close_to(viewer, company);
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", company: Company, "seller_registration") if
    not handles_bank_accounts(viewer) and not operator(viewer) and close_to(viewer, company);

# The company, its partner and the operator can read whether it can publish automatically. R320
allow_field(viewer: Viewer, "read", company: Company, "auto_publish_allowed") if close_to(viewer, company);

# Only account administrators of the company and of its partner, and the operator, can read its invitations. R427 V49
allow_field(viewer: Viewer, "read", company: Company, "invitations") if close_to(viewer, company);
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", company: Company, "invitations") if
    not administers(viewer) and not operator(viewer) and close_to(viewer, company);

# Only users who can edit the company can read its version: it reveals edits of fields that others can't read.
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", company: Company, "version") if edits(viewer, company);
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_field(viewer: Viewer, "read", _company: Company, "version") if managed(viewer);

# An account administrator can edit its own company. A managed account can be edited only by its partner's, whatever the settings. R111 A13 A43
edits(viewer: Viewer, company: Company) if
    administers(viewer) and not managed(viewer) and acts_for(viewer, company);
allow(viewer: Viewer, "update_company_profile", company: Company) if edits(viewer, company);

# The administrators who can edit a company can also submit its certificate of registration for verification. R409 A41 V73
allow(viewer: Viewer, "submit_verification", company: Company) if edits(viewer, company);

# The operator's reviewers verify companies, or reject them with a reason. R421 R422 A41 V48
allow(viewer: Viewer, "verify", _company: Company) if reviews(viewer);
allow(viewer: Viewer, "reject", _company: Company) if reviews(viewer);

# The operator's staff records who has a distribution agreement with the operator. R413 A42
allow(viewer: Viewer, "set_distribution_agreement", _company: Company) if operator(viewer);

# The operator's reviewers say who can publish products automatically. R320 V62
allow(viewer: Viewer, "set_publisher_rights", _company: Company) if reviews(viewer);

# The administrators who can edit a company can also edit its support details, regardless of who provides the support. R123 R124 V15
allow(viewer: Viewer, "update_support_details", company: Company) if edits(viewer, company);

# A company's Marketplace editors, or its partner's, can save its Marketplace profile and upload its logo. V9 A9
allow(viewer: Viewer, "save_marketplace_profile", company: Company) if
    edits_marketplace(viewer) and acts_for(viewer, company);

# They can also publish the profile. V9 A9
allow(viewer: Viewer, "publish_marketplace_profile", company: Company) if
    edits_marketplace(viewer) and acts_for(viewer, company);

# A company's account administrators and Marketplace editors, and its partner's, can write its products, even before it's verified: a
# submission is checked. R214 V27 V31 V61
allow(viewer: Viewer, "create_product", company: Company) if
    writes_products(viewer) and acts_for(viewer, company);

# A company that pays for itself can set its billing markets. V12 A43
allow(viewer: Viewer, "set_billing_market", company: Company) if
    viewer.kind in ["DIRECT", "PARTNER"] and role in ["ACCOUNT_ADMIN", "FINANCE"] and role in viewer.roles and
    company.id = viewer.company_id;

# Account administrators can create API keys for their own company. V51
allow(viewer: Viewer, "create_api_key", company: Company) if
    administers(viewer) and company.id = viewer.company_id;

# Creating keys needs a recent sign-in, so that a stolen token can't. V51 V66
# @reason RECENT_SIGN_IN_REQUIRED
deny(viewer: Viewer, "create_api_key", company: Company) if
    viewer.sign_in_stale and administers(viewer) and company.id = viewer.company_id;

# Account administrators can create webhook endpoints for their company, and for the companies that it manages. V14 V52
creates_webhooks(viewer: Viewer, company: Company) if
    administers(viewer) and acts_for(viewer, company);
allow(viewer: Viewer, "create_webhook_endpoint", company: Company) if creates_webhooks(viewer, company);

# An endpoint receives what the company can read, so creating one needs a recent sign-in. V52 V66
# @reason RECENT_SIGN_IN_REQUIRED
deny(viewer: Viewer, "create_webhook_endpoint", company: Company) if
    viewer.sign_in_stale and creates_webhooks(viewer, company);

# Members and programs of a company can export the data that they can read. V14
allow(viewer: Viewer, "start_export", company: Company) if
    member(viewer) and company.id = viewer.company_id;

# Account administrators can set their own company's identity issuer, and remove it. V53 V75
allow(viewer: Viewer, "set_identity_issuer", company: Company) if
    administers(viewer) and company.id = viewer.company_id;

# An issuer lets people in, so setting it needs a recent sign-in. V66 V75
# @reason RECENT_SIGN_IN_REQUIRED
deny(viewer: Viewer, "set_identity_issuer", company: Company) if
    viewer.sign_in_stale and administers(viewer) and company.id = viewer.company_id;

# Account administrators can set the origins of their company's portal, and a partner's those of the companies that it manages. V14 V52
allow(viewer: Viewer, "set_portal_origins", company: Company) if edits(viewer, company);

# An origin gets access from its pages, so setting origins needs a recent sign-in. V52 V66
# @reason RECENT_SIGN_IN_REQUIRED
deny(viewer: Viewer, "set_portal_origins", company: Company) if
    viewer.sign_in_stale and edits(viewer, company);

# The administrators who can set a portal's origins can also have one checked. The file that is served there is the proof, so it needs no recent sign-in. V52
allow(viewer: Viewer, "verify_portal_origin", company: Company) if edits(viewer, company);

# A company's account administrators and Marketplace editors can save how its own portal appears. V9 V52
allow(viewer: Viewer, "save_portal_appearance", company: Company) if
    edits_marketplace(viewer) and company.id = viewer.company_id;

# Account administrators and finance users can register a company as a seller. For a managed company, only its partner's can. R207 V31
registers_seller(viewer: Viewer, company: Company) if
    handles_bank_accounts(viewer) and not managed(viewer) and acts_for(viewer, company);
allow(viewer: Viewer, "register_seller", company: Company) if registers_seller(viewer, company);

# A registration says where money goes, so it needs a recent sign-in. V66 V74
# @reason RECENT_SIGN_IN_REQUIRED
deny(viewer: Viewer, "register_seller", company: Company) if
    viewer.sign_in_stale and registers_seller(viewer, company);

# An API key can create embed sessions for its own company, and a partner's key for the accounts that the partner manages. V14 V52
allow(viewer: Viewer, "create_embed_session", company: Company) if
    company.id = viewer.company_id and key in company.api_keys and key.id = viewer.api_key_id;
allow(viewer: Viewer, "create_embed_session", company: Company) if
    partner(viewer) and company.partner_id = viewer.company_id and
    key in company.partner_api_keys and key.id = viewer.api_key_id;

# Inviting gives roles, so it needs a recent sign-in. V49 V66
# @reason RECENT_SIGN_IN_REQUIRED
deny(viewer: Viewer, "invite_member", company: Company) if
    viewer.sign_in_stale and administers(viewer) and acts_for(viewer, company);

# Account administrators can invite people to their company, and to the companies that it manages, verified or not. R426 R427 V14 V49
allow(viewer: Viewer, "invite_member", company: Company) if
    administers(viewer) and acts_for(viewer, company);

# A partner's account administrator can create managed accounts and set the defaults for all of them. A18 V2 V15
allow(viewer: Viewer, "create_managed_account", company: Company) if
    partner(viewer) and administers(viewer) and company.id = viewer.company_id;
allow(viewer: Viewer, "update_partner_defaults", company: Company) if
    partner(viewer) and administers(viewer) and company.id = viewer.company_id;

# Users who run a company's network can order ports. For a managed company, so can users of its partner. V14 A43
orders(viewer: Viewer, company: Company) if
    runs_network(viewer) and acts_for(viewer, company);
allow(viewer: Viewer, "order_port", company: Company) if orders(viewer, company);

# A managed user's order waits for its partner where approval is required. A partner's own orders need no approval. V13
allow(viewer: Viewer, "order_port_directly", company: Company) if
    orders(viewer, company) and not viewer.order_approval_required;

# Users who can publish ports can order a PUBLIC port. Managed users never can. V1
allow(viewer: Viewer, "publish_port", company: Company) if
    orders(viewer, company) and not managed(viewer);

# Members can ask for private offers for their company, and for the companies that it manages, even before it's verified. R221 V33 V73
allow(viewer: Viewer, "request_offer", company: Company) if member(viewer) and acts_for(viewer, company);

# Account administrators and finance users can accept offers for their company, and for the companies that it manages. V14 V35
takes_offers(viewer: Viewer, company: Company) if
    accepts_offers(viewer) and acts_for(viewer, company);
allow(viewer: Viewer, "accept_offer", company: Company) if takes_offers(viewer, company);

# Until the operator has verified a company, nobody orders, sells or publishes for it, and it gets no API keys, webhooks, identity
# issuer and portal origins. R404 A40 V47
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "create_webhook_endpoint", company: Company) if
    creates_webhooks(viewer, company) and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "create_api_key", company: Company) if
    administers(viewer) and company.id = viewer.company_id and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "set_identity_issuer", company: Company) if
    administers(viewer) and company.id = viewer.company_id and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "set_portal_origins", company: Company) if
    edits(viewer, company) and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "verify_portal_origin", company: Company) if
    edits(viewer, company) and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "register_seller", company: Company) if
    registers_seller(viewer, company) and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "order_port", company: Company) if
    orders(viewer, company) and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "order_port_directly", company: Company) if
    orders(viewer, company) and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "accept_offer", company: Company) if
    takes_offers(viewer, company) and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "publish_port", company: Company) if
    orders(viewer, company) and not managed(viewer) and company.verification_status != "VERIFIED";
# @reason COMPANY_NOT_VERIFIED
deny(viewer: Viewer, "publish_marketplace_profile", company: Company) if
    edits_marketplace(viewer) and acts_for(viewer, company) and company.verification_status != "VERIFIED";

# A partner's users can view the market as an account that the partner manages, keeping their own roles. V14
allow(viewer: Viewer, "view_as", company: Company) if
    partner(viewer) and company.partner_id = viewer.company_id;

# The operator's support can view the market as any company. A43
allow(viewer: Viewer, "view_as", _company: Company) if supports(viewer);

# A partner's administrators and the operator's staff view the market as an administrator of the company would. V14 A43
allow(viewer: Viewer, "view_as_administrator", company: Company) if
    partner(viewer) and administers(viewer) and company.partner_id = viewer.company_id;
allow(viewer: Viewer, "view_as_administrator", _company: Company) if operator(viewer);

# A partner's administrators and the operator's staff can see which rules decide for an account's users. V14
allow(viewer: Viewer, "explain", company: Company) if
    partner(viewer) and administers(viewer) and company.partner_id = viewer.company_id;
allow(viewer: Viewer, "explain", _company: Company) if operator(viewer);
