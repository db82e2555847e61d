# Invoices: what the operator charges a company that pays. Those of managed accounts are their partner's. R114 R115

# A company's own are for whoever reads its prices. V21 V23
allow(viewer: Viewer, "read", invoice: Invoice) if
    reads_prices(viewer) and invoice.company_id = viewer.company_id;

# A partner reads those of the companies that it manages, should there be any. V21
allow(viewer: Viewer, "read", invoice: Invoice) if
    partner(viewer) and reads_prices(viewer) and invoice.partner_id = viewer.company_id;

# The operator reads all. V21
allow(viewer: Viewer, "read", _invoice: Invoice) if operator(viewer);

# Never for managed accounts, whatever their partner sets. R114
deny(viewer: Viewer, _action, _invoice: Invoice) if managed(viewer);

allow_field(_viewer: Viewer, "read", _invoice: Invoice, field) if
    field in ["company", "number", "period_start", "period_end", "total", "created_at", "lines"];
