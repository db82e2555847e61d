"""Sort orders and filters of connections, as the concepts declare them (models/concept.py).

Every order ends with the key, which makes keysets unique. A viewer who can't see the field behind an order or a filter is refused,
because the result would reveal the field (A16).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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


def default_order(entity: str, filters: Collection[str]) -> str | None:
    """Return the order of a list that these filters narrow, if one of them brings an order."""
    return next((order for name, order in _filter_orders(entity) if name in filters), None)


def orders_of(entity: str, arguments: Collection[str]) -> list[SortOrder]:
    """Return the orders that a connection with these GraphQL arguments can have, besides BY_KEY."""
    if "orderBy" in arguments:
        return list(ORDERS.get(entity, {}).values())
    return [order_of(entity, order) for _, order in _filter_orders(entity)] if "filter" in arguments else []


def _filter_orders(entity: str) -> list[tuple[str, str]]:
    """Return the filters that bring an order, by name, with the name of the order."""
    return [(name, each.order) for name, each in FILTERS.get(entity, {}).items() if each.order is not None]


def input_name(entity: str, name: str) -> str:
    """Return the name of the input field that a filter's value comes from."""
    return FILTERS[entity][name].money_range or name
