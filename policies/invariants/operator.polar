# The operator's company: its reviewers and support can read what they need for their work. Its other members have no more access than
# the members of any other company: they can't reach another company's records.

other_member(viewer: Viewer) if viewer.kind = "OPERATOR" and not "REVIEWER" in viewer.roles and not "SUPPORT" in viewer.roles;

# A member of the operator's company who is neither reviewer nor support can't reach another company's records. A43
never(viewer: Viewer, _action, port: Port) if other_member(viewer) and port.company_id != viewer.company_id;
never(viewer: Viewer, _action, approval: OrderApproval) if other_member(viewer) and approval.company_id != viewer.company_id;
never(viewer: Viewer, _action, _account: ManagedAccount) if other_member(viewer);
never(viewer: Viewer, _action, details: SupportDetails) if other_member(viewer) and details.company_id != viewer.company_id;
never(viewer: Viewer, _action, membership: Membership) if
    other_member(viewer) and membership.company_id != viewer.company_id and membership.user_id != viewer.signed_in_id;
never(viewer: Viewer, _action, market: BillingMarket) if other_member(viewer) and market.company_id != viewer.company_id;
never(viewer: Viewer, _action, invoice: Invoice) if other_member(viewer) and invoice.company_id != viewer.company_id;
never(viewer: Viewer, _action, inquiry: Inquiry) if other_member(viewer) and inquiry.company_id != viewer.company_id;
never(viewer: Viewer, _action, dashboard: Dashboard) if other_member(viewer) and dashboard.id != viewer.company_id;
never(viewer: Viewer, _action, request: ConnectionRequest) if
    other_member(viewer) and request.company_id != viewer.company_id and request.provider_id != viewer.company_id;
never(viewer: Viewer, action, company: Company) if
    action != "read" and other_member(viewer) and company.id != viewer.company_id;

# The operator's reviewers and support can read every company's ports, whatever their other roles. A43 V20
always(viewer: Viewer, "read", _port: Port) if viewer.kind = "OPERATOR" and "REVIEWER" in viewer.roles;
always(viewer: Viewer, "read", _port: Port) if viewer.kind = "OPERATOR" and "SUPPORT" in viewer.roles;
