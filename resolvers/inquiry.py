"""Resolvers of inquiries."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import RootConnection, ToOne

inquiries: Final = RootConnection("Inquiry")
profile: Final = ToOne("MarketplaceProfile", "profile_id")
