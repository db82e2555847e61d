# Instalments of an offer: when is paid, and how much. Read with their offer.

allow_field(_viewer: Viewer, "read", _instalment: Instalment, field) if
    field in ["charge_date", "amount"];

# Prices of offers are hidden from a managed account as all prices are. R121 A16 X7
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _instalment: Instalment, "amount") if prices_hidden(viewer);

# Prices are for the roles that read them. V23
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", _instalment: Instalment, "amount") if not reads_prices(viewer);
