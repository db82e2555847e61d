# Lines of an invoice: what is charged, and for which account. Anyone who can read the invoice can read them. R115

allow_field(_viewer: Viewer, "read", _line: InvoiceLine, field) if
    field in ["description", "amount", "managed_account", "port", "agreement"];
