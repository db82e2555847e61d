"""Resolvers of memberships."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import ToOne

user: Final = ToOne("User", "user_id")
company: Final = ToOne("Company", "company_id")
