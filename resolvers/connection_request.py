"""Resolvers of connection requests."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import ToOne

port: Final = ToOne("Port", "port_id")
target_port: Final = ToOne("MarketplacePort", "target_port_id")
requester: Final = ToOne("Company", "company_id")
provider: Final = ToOne("Company", "provider_id")
