# Prices: what ports and connections cost. The quoting tool reads them. A port stores the price that it was ordered at.

# Only roles that can read prices see them. V23
allow(viewer: Viewer, "read", _price: Price) if reads_prices(viewer);

# Managed accounts can never read prices here, whatever their settings: they have no quoting tool. R113
deny(viewer: Viewer, _action, _price: Price) if managed(viewer);
