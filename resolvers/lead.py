"""Resolvers of leads."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from models.lead import LIFECYCLE
from resolvers.reading import lifecycles
from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import RootConnection, ToMany, ToOne
from resolvers.values.identifiers import Identifier


def build_account_id(requester_id: UUID | None) -> str | None:
    """Return the global id of the company that asked, as the email has it, whether or not the viewer can see the company (R228)."""
    return None if requester_id is None else str(Identifier("Company", requester_id))


leads: Final = RootConnection("Lead")
company: Final = ToOne("Company", "company_id")
product: Final = ToOne("Product", "product_id")
requester: Final = ToOne("Company", "requester_id")
buyer_account_id: Final = Computed(build_account_id, ("requester_id",))
is_final: Final = lifecycles.is_final(LIFECYCLE)
notes: Final = ToMany("LeadNote", by="lead_id", order="id")
author: Final = ToOne("User", "author_id")
