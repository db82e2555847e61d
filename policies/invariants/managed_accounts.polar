# Managed accounts: what they can never do, whatever their partner's settings.

# A managed account can't read or edit its own Marketplace profile, or use it in any other way. R002 R116 A8
never(viewer: Viewer, _action, profile: MarketplaceProfile) if
    managed(viewer) and profile.company_id = viewer.company_id;
never(viewer: Viewer, "read", company: Company, "marketplace_profile") if
    managed(viewer) and company.id = viewer.company_id;
never(viewer: Viewer, "save_marketplace_profile", _company: Company) if managed(viewer);

# The same goes for the profile's parts: its logo, the listings of its ports, and visitors' inquiries. R002 R116
never(viewer: Viewer, _action, image: Image) if
    managed(viewer) and image.company_id = viewer.company_id;
never(viewer: Viewer, _action, port: MarketplacePort) if
    managed(viewer) and port.company_id = viewer.company_id;
never(viewer: Viewer, "read", _port: Port, field) if
    field in ["marketplace_name", "marketplace_description"] and managed(viewer);
never(viewer: Viewer, _action, _inquiry: Inquiry) if managed(viewer);

# A managed account can't publish a port, because that would edit its Marketplace profile. R116 V1
never(viewer: Viewer, "publish", _port: Port) if managed(viewer);
never(viewer: Viewer, "publish_port", _company: Company) if managed(viewer);

# A managed account can't read or set anyone's billing market. R107
never(viewer: Viewer, _action, _market: BillingMarket) if managed(viewer);
never(viewer: Viewer, "read", _company: Company, "billing_markets") if managed(viewer);
never(viewer: Viewer, "set_billing_market", _company: Company) if managed(viewer);

# A managed account has neither the quoting tool nor the prices that the tool reads. R113
never_able(viewer: Viewer, "quote") if managed(viewer);
never(viewer: Viewer, _action, _price: Price) if managed(viewer);

# A managed account can't read or pay an invoice or any of its lines. R114
never(viewer: Viewer, _action, _invoice: Invoice) if managed(viewer);
never(viewer: Viewer, "read", _company: Company, "invoices") if managed(viewer);
never(viewer: Viewer, "read", _line: InvoiceLine, _field) if managed(viewer);

# A managed account that the operator supports has no access to support details. R124
never(viewer: Viewer, _action, _details: SupportDetails) if
    managed(viewer) and viewer.supported_by = "OPERATOR";
never(viewer: Viewer, "read", _company: Company, "support_details") if
    managed(viewer) and viewer.supported_by = "OPERATOR";

# No managed account can edit support details or a company profile, regardless of who supports it. R123 R124
never(viewer: Viewer, "update_support_details", _company: Company) if managed(viewer);
never(viewer: Viewer, "update_company_profile", _company: Company) if managed(viewer);
