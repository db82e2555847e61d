"""Sort orders and filters of connections, as the concepts declare them (models/concept.py).

Every order ends with the key, which makes keysets unique. A viewer who can't see the field behind an order or a filter is refused,
because the result would reveal the field (A16).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from models import CONCEPTS
from models.concept import Filter, SortOrder

BY_KEY: Final = "KEY"
NEWEST_FIRST: Final = frozenset(concept.name for concept in CONCEPTS if concept.newest_first)
ORDERS: Final[Mapping[str, Mapping[str, SortOrder]]] = {concept.name: concept.orders for concept in CONCEPTS if concept.orders}
FILTERS: Final[Mapping[str, Mapping[str, Filter]]] = {concept.name: concept.filters for concept in CONCEPTS if concept.filters}


def order_of(entity: str, name: str) -> SortOrder:
    """Return an order of a connection by its name. Every connection has BY_KEY."""
    return SortOrder() if name == BY_KEY else ORDERS[entity][name]


def input_name(entity: str, name: str) -> str:
    """Return the name of the input field that a filter's value comes from."""
    return FILTERS[entity][name].money_range or name
