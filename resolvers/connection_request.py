"""How connection requests get their data."""

from __future__ import annotations

from typing import Final

from resolvers.common import named_by

port: Final = named_by("Port", "port_id")
target_port: Final = named_by("MarketplacePort", "target_port_id")
requester: Final = named_by("Company", "company_id")
provider: Final = named_by("Company", "provider_id")
