# Managed accounts: what they never have, whatever their partner sets.

# A managed account neither reads nor edits its own Marketplace profile, nor does anything else with it. R002 R116 A8
never(viewer: Viewer, _action, profile: MarketplaceProfile) if
    managed(viewer) and profile.company_id = viewer.company_id;
never(viewer: Viewer, "read", company: Company, "marketplace_profile") if
    managed(viewer) and company.id = viewer.company_id;
never(viewer: Viewer, "save_marketplace_profile", _company: Company) if managed(viewer);

# Nor what is part of it: its logo, how its ports are announced, and what visitors ask by it. R002 R116
never(viewer: Viewer, _action, image: Image) if
    managed(viewer) and image.company_id = viewer.company_id;
never(viewer: Viewer, _action, port: MarketplacePort) if
    managed(viewer) and port.company_id = viewer.company_id;
never(viewer: Viewer, "read", _port: Port, field) if
    field in ["marketplace_name", "marketplace_description"] and managed(viewer);
never(viewer: Viewer, _action, _inquiry: Inquiry) if managed(viewer);

# It makes no port public, for that would be an edit of it. R116 V1
never(viewer: Viewer, "publish", _port: Port) if managed(viewer);
never(viewer: Viewer, "publish_port", _company: Company) if managed(viewer);

# No managed account reads a billing market, anybody's, or sets one. R107
never(viewer: Viewer, _action, _market: BillingMarket) if managed(viewer);
never(viewer: Viewer, "read", _company: Company, "billing_markets") if managed(viewer);
never(viewer: Viewer, "set_billing_market", _company: Company) if managed(viewer);

# No managed account has the quoting tool, or what it reads. R113
never_able(viewer: Viewer, "quote") if managed(viewer);
never(viewer: Viewer, _action, _price: Price) if managed(viewer);

# No managed account reads or pays an invoice, or a line of one. R114
never(viewer: Viewer, _action, _invoice: Invoice) if managed(viewer);
never(viewer: Viewer, "read", _company: Company, "invoices") if managed(viewer);
never(viewer: Viewer, "read", _line: InvoiceLine, _field) if managed(viewer);

# Support details are nothing for a managed account that the operator supports. R124
never(viewer: Viewer, _action, _details: SupportDetails) if
    managed(viewer) and viewer.supported_by = "OPERATOR";
never(viewer: Viewer, "read", _company: Company, "support_details") if
    managed(viewer) and viewer.supported_by = "OPERATOR";

# None edits them, whoever supports it. R123 R124
never(viewer: Viewer, "update_support_details", _company: Company) if managed(viewer);
never(viewer: Viewer, "update_company_profile", _company: Company) if managed(viewer);
