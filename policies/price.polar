# Prices: what ports and connections cost. The quoting tool reads them; what a port was ordered for stands on the port.

# They are for the roles that read prices. V23
allow(viewer: Viewer, "read", _price: Price) if reads_prices(viewer);

# Never for managed accounts, whatever is switched on: they have no quoting tool. R113
deny(viewer: Viewer, _action, _price: Price) if managed(viewer);
