# Users without a company, and visitors: neither can reach what belongs to a company and isn't public.

companyless(viewer: Viewer) if viewer.kind in ["ANONYMOUS", "USER"];

# Before a user acts for a company, it sees what visitors see: no record that belongs to a company. V45
never(viewer: Viewer, _action, _port: Port) if companyless(viewer);
never(viewer: Viewer, _action, _approval: OrderApproval) if companyless(viewer);
never(viewer: Viewer, _action, _account: ManagedAccount) if companyless(viewer);
never(viewer: Viewer, _action, _details: SupportDetails) if companyless(viewer);
never(viewer: Viewer, _action, _market: BillingMarket) if companyless(viewer);
never(viewer: Viewer, _action, _invoice: Invoice) if companyless(viewer);
never(viewer: Viewer, _action, _inquiry: Inquiry) if companyless(viewer);
never(viewer: Viewer, _action, _notification: Notification) if companyless(viewer);
never(viewer: Viewer, _action, _dashboard: Dashboard) if companyless(viewer);
never(viewer: Viewer, _action, _defaults: PartnerDefaults) if companyless(viewer);
never(viewer: Viewer, _action, _request: ConnectionRequest) if companyless(viewer);
never(viewer: Viewer, _action, profile: MarketplaceProfile) if companyless(viewer) and profile.visibility != "PUBLIC";
never(viewer: Viewer, _action, port: MarketplacePort) if companyless(viewer) and port.visibility != "PUBLIC";

# It can't act for any company. V45
never(viewer: Viewer, action, _company: Company) if action != "read" and companyless(viewer);

# Of people it can reach itself, and its own memberships. V45
never(viewer: Viewer, _action, user: User) if companyless(viewer) and user.id != viewer.user_id;
never(viewer: Viewer, _action, membership: Membership) if companyless(viewer) and membership.user_id != viewer.signed_in_id;

# A session can be reached by its own user only: not by administrators, the operator, or a viewer who views as the user. V44
never(viewer: Viewer, _action, session: Session) if session.user_id != viewer.signed_in_id;

# A photo that its user doesn't show can be reached by that user only, and that of a sign-up by nobody. V64
never(viewer: Viewer, _action, image: Image) if
    image.company_id = nil and image.partner_id = nil and image.photo_of_id = nil and image.user_id != viewer.signed_in_id;
never(_viewer: Viewer, _action, image: Image) if
    image.company_id = nil and image.partner_id = nil and image.photo_of_id = nil and image.user_id = nil;

# Before a user acts for a company, the only photo that it can reach is its own. R407 V45
never(viewer: Viewer, _action, image: Image) if
    companyless(viewer) and image.company_id = nil and image.partner_id = nil and
    image.photo_of_id != viewer.user_id and image.user_id != viewer.signed_in_id;
