"""How memberships get their data."""

from __future__ import annotations

from typing import Final

from resolvers.common import named_by

user: Final = named_by("User", "user_id")
company: Final = named_by("Company", "company_id")
