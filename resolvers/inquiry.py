"""How inquiries get their data."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import Everything, NamedBy

inquiries: Final = Everything("Inquiry")
profile: Final = NamedBy("MarketplaceProfile", "profile_id")
