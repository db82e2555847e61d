# Instalments of an offer: when each payment is due, and how much. Anyone who can read the offer can read them.

allow_field(_viewer: Viewer, "read", _instalment: Instalment, field) if
    field in ["charge_date", "amount"];

# Offer prices are hidden from a managed account like all other prices. R121 A16 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _instalment: Instalment, "amount") if prices_hidden(viewer);

# Only roles that can read prices see them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _instalment: Instalment, "amount") if not reads_prices(viewer);
