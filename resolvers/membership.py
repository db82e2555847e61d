"""How memberships get their data."""

from __future__ import annotations

from typing import Final

from resolvers.common import NamedBy

user: Final = NamedBy("User", "user_id")
company: Final = NamedBy("Company", "company_id")
