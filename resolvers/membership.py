"""How memberships get their data."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import NamedBy

user: Final = NamedBy("User", "user_id")
company: Final = NamedBy("Company", "company_id")
