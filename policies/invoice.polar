# Invoices: what the operator charges a paying company. A partner's invoices include its managed accounts. R114 R115

# Roles that can read prices can read their own company's invoices. V21 V23
allow(viewer: Viewer, "read", invoice: Invoice) if
    reads_prices(viewer) and invoice.company_id = viewer.company_id;

# A partner can read any invoices of the companies that it manages. V21
allow(viewer: Viewer, "read", invoice: Invoice) if
    partner(viewer) and reads_prices(viewer) and invoice.partner_id = viewer.company_id;

# The operator can read every invoice. V21
allow(viewer: Viewer, "read", _invoice: Invoice) if operator(viewer);

# Managed accounts can never read invoices, whatever their partner's settings. R114
deny(viewer: Viewer, _action, _invoice: Invoice) if managed(viewer);

allow_field(_viewer: Viewer, "read", _invoice: Invoice, field) if
    field in ["company", "number", "period_start", "period_end", "total", "created_at", "lines", "pdf_url", "csv_url"];
