"""How connection requests get their data."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import NamedBy

port: Final = NamedBy("Port", "port_id")
target_port: Final = NamedBy("MarketplacePort", "target_port_id")
requester: Final = NamedBy("Company", "company_id")
provider: Final = NamedBy("Company", "provider_id")
