"""Filter and sort inputs of connections, built from what the concepts declare. Hidden fields can't be filtered or sorted by."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

import strawberry
from strawberry import ID

from described_enum import DescribedEnum
from models import CONCEPTS
from models.concept import Concept, Filter
from schema.building.connections import PAGE
from schema.building.enums import register_enum
from schema.building.inputs import optional

CONCEPT: Final[Mapping[str, Concept]] = {concept.name: concept for concept in CONCEPTS}


def search_argument(plural: str) -> Mapping[str, tuple[Any, str]]:
    """Return the argument that searches a connection."""
    text = f"Words, or beginnings of words, to search for in {plural}. The search ignores accents and tolerates a typo of one letter."
    return {"search": (str | None, text)}


@strawberry.input(description="A range of amounts in one currency.")
class MoneyRange:
    currency: str = strawberry.field(description="The currency, as an ISO 4217 code.")
    at_least: Decimal | None = optional("The smallest amount to match, in major units.")
    at_most: Decimal | None = optional("The largest amount to match, in major units.")


class Direction(DescribedEnum):
    """The direction of a sort order."""

    ASC = "ASC", "The lowest value first."
    DESC = "DESC", "The highest value first."


register_enum(Direction)


@cache
def page_arguments(entity: str, plural: str) -> Mapping[str, tuple[Any, str]]:
    """Return the arguments of a connection of this type: pages, and the filters and orders that its concept declares."""
    concept = CONCEPT[entity]
    arguments = dict(PAGE)
    if any(each.description is not None for each in concept.filters.values()):
        arguments["filter"] = (_filter_input(concept, plural) | None, "Returns only items that match the filter.")
    if concept.orders:
        arguments["order_by"] = (_order_input(concept, plural) | None, "The sort order. Defaults to creation time.")
    return arguments


def _filter_input(concept: Concept, plural: str) -> Any:
    """Build the type `<name>Filter` from the filters that have a description."""
    described = {each.money_range or name: each for name, each in concept.filters.items() if each.description is not None}
    types = {name: _type_of(concept, each) | None for name, each in described.items()}
    fields = {name: optional(each.description or "") for name, each in described.items()}
    kind = type(f"{concept.name}Filter", (), {"__annotations__": types, "__module__": __name__, **fields})
    return strawberry.input(kind, description=f"Filters {plural}. An item must match every given field.")


def _order_input(concept: Concept, plural: str) -> Any:
    """Build the type `<name>Order`, and the enum of its fields."""
    members = [(name, (name, order.description)) for name, order in concept.orders.items()]
    make_enum: Any = DescribedEnum  # mypy wants literal members
    names = make_enum("OrderField", members, module=__name__)
    register_enum(names, f"{concept.name}OrderField", f"The fields that {plural} can be sorted by.")
    types = {"field": names, "direction": Direction}
    fields = {
        "field": strawberry.field(description="The field to sort by."),
        "direction": strawberry.field(default=Direction.ASC, description="The sort direction."),
    }
    kind = type(f"{concept.name}Order", (), {"__annotations__": types, "__module__": __name__, **fields})
    return strawberry.input(kind, description=f"The sort order of {plural}.")


def _type_of(concept: Concept, each: Filter) -> Any:
    """Return the type of a filter's input field: that of the column, or of the items of an array."""
    if each.money_range is not None:
        return MoneyRange
    if each.id_of is not None:
        return list[ID] if each.is_list else ID
    kind = concept.table.c[each.column].type
    item = getattr(kind, "item_type", kind)
    value = each.value_type or getattr(item, "enum_class", None) or item.python_type
    return list[value] if each.is_list else value  # type: ignore[valid-type]  # built at run time
