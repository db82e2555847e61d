"""The gateway's catalogue: each type that rules can name, its table, and the links that rules can follow.

The models declare them (models/concept.py). A type that isn't declared can't be read. Port and MarketplacePort are two types over
one table, each with its own policy. So are Company and Dashboard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from models import CONCEPTS, Base
from models.concept import Concept
from policies.entity import Catalogue, Entity, Link

ABILITIES: Final = (
    "see_prices",
    "use_chat",
    "quote",
    "have_dashboard",
    "read_partner_documentation",
    "explain_linked_rows",
)


def _entity(concept: Concept) -> Entity:
    links = (Link(each.name, Base.metadata.tables[each.table], each.local, each.remote) for each in concept.links)
    return Entity(concept.name, concept.table, tuple(links), concept.part_of)


# A rule about an action that no concept declares would have no effect, so it's rejected.
ROW_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    concept.name: tuple(concept.actions) for concept in CONCEPTS if concept.actions
}
CATALOGUE: Final = Catalogue(tuple(map(_entity, CONCEPTS)), ROW_ACTIONS, ABILITIES)
