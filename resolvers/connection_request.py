"""Resolvers of connection requests."""

from __future__ import annotations

from typing import Final

from models.connection_request import LIFECYCLE
from resolvers.reading import lifecycles
from resolvers.reading.field_sources import RootConnection, ToOne

connection_requests: Final = RootConnection("ConnectionRequest")
port: Final = ToOne("Port", "port_id")
target_port: Final = ToOne("MarketplacePort", "target_port_id")
requester: Final = ToOne("Company", "company_id")
provider: Final = ToOne("Company", "provider_id")
waits_for: Final = lifecycles.waits_for(LIFECYCLE)
is_final: Final = lifecycles.is_final(LIFECYCLE)
