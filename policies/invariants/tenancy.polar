# Tenancy: a managed account can reach only its own records. A partner can reach its own and those of the accounts that it manages.
# The exceptions are named here: public records, and records that two companies share. A row's `partner_id` is always the partner of
# its `company_id`: a database trigger maintains it.

# A managed user can't reach its partner's records or another account's. Its own memberships are the exception. V14 V45
never(viewer: Viewer, _action, port: Port) if managed(viewer) and port.company_id != viewer.company_id;
never(viewer: Viewer, _action, approval: OrderApproval) if managed(viewer) and approval.company_id != viewer.company_id;
never(viewer: Viewer, _action, account: ManagedAccount) if managed(viewer) and account.company_id != viewer.company_id;
never(viewer: Viewer, _action, details: SupportDetails) if managed(viewer) and details.company_id != viewer.company_id;
never(viewer: Viewer, _action, membership: Membership) if
    managed(viewer) and membership.company_id != viewer.company_id and membership.user_id != viewer.signed_in_id;
never(viewer: Viewer, _action, notification: Notification) if managed(viewer) and notification.company_id != viewer.company_id;
never(viewer: Viewer, _action, dashboard: Dashboard) if managed(viewer) and dashboard.id != viewer.company_id;
never(viewer: Viewer, _action, _defaults: PartnerDefaults) if managed(viewer);

# A managed user can reach connection requests and offer buyers only where its company is one of the two sides. V14 V16 V19
never(viewer: Viewer, _action, request: ConnectionRequest) if
    managed(viewer) and request.company_id != viewer.company_id and request.provider_id != viewer.company_id;
never(viewer: Viewer, _action, buyer: OfferBuyer) if
    managed(viewer) and buyer.company_id != viewer.company_id and buyer.seller_id != viewer.company_id;

# A managed user can't reach another company's offer that was never extended to anyone. V14 V19
never(viewer: Viewer, _action, offer: Offer) if
    managed(viewer) and offer.company_id != viewer.company_id and unextended(offer.status);

# A status that isn't listed here counts as never extended.
unextended(status) if status != "PUBLISHED" and status != "ACCEPTED" and status != "EXPIRED" and status != "WITHDRAWN";

# A managed user can reach other companies' profiles and public ports only if everyone can. V14 A8
never(viewer: Viewer, _action, profile: MarketplaceProfile) if managed(viewer) and profile.visibility != "PUBLIC";
never(viewer: Viewer, _action, port: MarketplacePort) if managed(viewer) and port.visibility != "PUBLIC";

# A managed user can read another company's name and type, even its partner's, but nothing more, and can't act for it. V14 V18
never(viewer: Viewer, action, company: Company) if
    action != "read" and managed(viewer) and company.id != viewer.company_id;
never(viewer: Viewer, "read", company: Company, field) if
    managed(viewer) and company.id != viewer.company_id and
    field in [
        "account_kind", "partner", "company_profile", "billing_markets", "support_details", "members", "dashboard", "invoices",
        "invitations", "partner_defaults", "version", "verification_status", "verification_reason", "verification_submitted_at",
        "verification_due_at", "distribution_agreement", "registration_certificate", "seller_registration", "auto_publish_allowed"
    ];

# A partner can reach only its own records and those of its accounts. Its users' own memberships are the exception. V14 V20 V21 V45
never(viewer: Viewer, _action, port: Port) if
    partner(viewer) and port.company_id != viewer.company_id and port.partner_id != viewer.company_id;
never(viewer: Viewer, _action, approval: OrderApproval) if
    partner(viewer) and approval.company_id != viewer.company_id and approval.partner_id != viewer.company_id;
never(viewer: Viewer, _action, account: ManagedAccount) if
    partner(viewer) and account.partner_id != viewer.company_id;
never(viewer: Viewer, _action, details: SupportDetails) if
    partner(viewer) and details.company_id != viewer.company_id and details.partner_id != viewer.company_id;
never(viewer: Viewer, _action, membership: Membership) if
    partner(viewer) and membership.company_id != viewer.company_id and membership.partner_id != viewer.company_id and
    membership.user_id != viewer.signed_in_id;
never(viewer: Viewer, _action, market: BillingMarket) if
    partner(viewer) and market.company_id != viewer.company_id and market.partner_id != viewer.company_id;
never(viewer: Viewer, _action, invoice: Invoice) if
    partner(viewer) and invoice.company_id != viewer.company_id and invoice.partner_id != viewer.company_id;
never(viewer: Viewer, _action, inquiry: Inquiry) if
    partner(viewer) and inquiry.company_id != viewer.company_id and inquiry.partner_id != viewer.company_id;
never(viewer: Viewer, _action, notification: Notification) if
    partner(viewer) and notification.company_id != viewer.company_id;
never(viewer: Viewer, _action, dashboard: Dashboard) if
    partner(viewer) and dashboard.id != viewer.company_id and dashboard.partner_id != viewer.company_id;
never(viewer: Viewer, _action, defaults: PartnerDefaults) if
    partner(viewer) and defaults.partner_id != viewer.company_id;
never(viewer: Viewer, _action, profile: MarketplaceProfile) if
    partner(viewer) and profile.visibility != "PUBLIC" and
    profile.company_id != viewer.company_id and profile.partner_id != viewer.company_id;
never(viewer: Viewer, _action, request: ConnectionRequest) if
    partner(viewer) and request.company_id != viewer.company_id and request.partner_id != viewer.company_id and
    request.provider_id != viewer.company_id and request.provider_partner_id != viewer.company_id;
never(viewer: Viewer, _action, buyer: OfferBuyer) if
    partner(viewer) and buyer.company_id != viewer.company_id and buyer.partner_id != viewer.company_id and
    buyer.seller_id != viewer.company_id and buyer.seller_partner_id != viewer.company_id;
never(viewer: Viewer, _action, offer: Offer) if
    partner(viewer) and unextended(offer.status) and
    offer.company_id != viewer.company_id and offer.partner_id != viewer.company_id;
never(viewer: Viewer, action, company: Company) if
    action != "read" and partner(viewer) and company.id != viewer.company_id and company.partner_id != viewer.company_id;
never(viewer: Viewer, "read", company: Company, field) if
    partner(viewer) and company.id != viewer.company_id and company.partner_id != viewer.company_id and
    field in [
        "account_kind", "partner", "company_profile", "billing_markets", "support_details", "members", "dashboard", "invoices",
        "invitations", "partner_defaults", "version", "verification_status", "verification_reason", "verification_submitted_at",
        "verification_due_at", "distribution_agreement", "registration_certificate", "seller_registration", "auto_publish_allowed"
    ];

# A company can read itself and its ports. A partner can also read the accounts that it manages, and their ports. V14 V18 V20
always(viewer: Viewer, "read", company: Company) if company.id = viewer.company_id;
always(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;
always(viewer: Viewer, "read", company: Company) if partner(viewer) and company.partner_id = viewer.company_id;
always(viewer: Viewer, "read", port: Port) if partner(viewer) and port.partner_id = viewer.company_id;
always(viewer: Viewer, "read", account: ManagedAccount) if partner(viewer) and account.partner_id = viewer.company_id;
