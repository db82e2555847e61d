"""Hostile values for every argument of the schema: what no client should send, but some do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_required_input_field,
)

from resolvers.values.identifiers import Identifier
from tests.schema.outline import leaf, object_type

TEXTS: Final = (
    "",
    " ",
    "\0",
    "a\0b",
    "\t\r\n",
    "x" * 100_000,
    "a " * 20_000,
    "🦆",
    "ﷺ" * 1_000,
    "\u202eabc",
    "e\u0301",
    "\ufeff",
    "\uffff",
    "ß İ \u0131",
    "%_\\",
    "'; DROP TABLE port; --",
    "a:* & !b | (c <-> d)",
    "\\",
    "${7*7}",
    "../../etc/passwd",
    "true",
    "null",
)
HOSTILE: Final[dict[str, tuple[Any, ...]]] = {
    "String": (*TEXTS, 7, 1.5, True, [], {}),
    "ID": (*TEXTS, 7, -1, 10**30, 1.5, True, {}),
    "Int": (0, -1, 1, 2**31 - 1, -(2**31), 2**31, 10**30, -(10**30), 1.5, 1e300, "1", "", True, {}),
    "Decimal": (
        *("NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "1e999999", "-1e999999", "1e-999999", "0e999999"),
        *("9" * 5_000, "0." + "0" * 5_000 + "1", "-0", "0", "1_000", "٣", "", " ", "abc", "1,5", "0x10", "\0"),
        *(0, -1, 10**30, 1.5, 1e300, True, {}, [1]),
    ),
    "Boolean": (0, 1, "true", "", {}),
}
REQUIRED: Final = {  # values of required arguments other than the attacked one
    "typeName": '"Company"',
    "id": f'"{Identifier("Company", UUID(int=0))}"',
    "managedAccountId": f'"{Identifier("ManagedAccount", UUID(int=0))}"',
}
OF_ENUMS: Final[tuple[Any, ...]] = ("", "NOPE", "\0", "x" * 10_000, 0, True, {})


@dataclass(frozen=True)
class Attack:
    """A query of one field with one hostile value in its arguments."""

    place: str  # field.argument.input_field
    document: str
    argument: str
    value: Any  # the whole argument

    @property
    def text(self) -> Any:
        """Return the innermost value, if only inputs and lists surround it."""
        inner = self.value
        for name in self.place.split(".")[2:]:
            inner = inner[name] if isinstance(inner, dict) and name in inner else None
        return inner[0] if isinstance(inner, list) and inner else inner

    @property
    def variables(self) -> dict[str, Any]:
        """Return the variables of the query."""
        return {self.argument: self.value}


def _required(name: str, kind: Any) -> str:
    """Return the harmless value of a required argument, as text or as a value of an enum."""
    return REQUIRED[name].strip('"') if isinstance(get_named_type(kind), GraphQLEnumType) else REQUIRED[name]


def attacks() -> list[Attack]:
    """Return an attack for each value in each place. Other required arguments get harmless values."""
    found = []
    for field, definition in object_type("Query").fields.items():
        for name, argument in definition.args.items():
            rest = "".join(
                f", {each}: {_required(each, other.type)}"
                for each, other in definition.args.items()
                if each != name and isinstance(other.type, GraphQLNonNull)
            )
            document = f"query (${name}: {argument.type}) {{ {field}({name}: ${name}{rest}) {leaf(definition)} }}"
            found += [Attack(".".join((field, name, *place)), document, name, value) for place, value in _values(argument.type)]
    return found


def places() -> dict[str, list[Attack]]:
    """Return all attacks by place."""
    found: dict[str, list[Attack]] = {}
    for attack in attacks():
        found.setdefault(attack.place, []).append(attack)
    return found


def _values(kind: GraphQLInputType) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield hostile values of a type, each with its path of input fields."""
    bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(bare, GraphQLList):
        yield (), []
        yield (), None
        for place, value in _values(bare.of_type):
            yield place, [value]
    elif isinstance(bare, GraphQLInputObjectType):
        wrong: tuple[Any, ...] = ({}, [], 7, "text", {"unknown": 1}, {"__proto__": 1})
        yield from (((), value) for value in wrong)
        for name, field in bare.fields.items():
            rest = {
                each: _harmless(other.type)
                for each, other in bare.fields.items()
                if each != name and is_required_input_field(other)
            }
            for place, value in _values(field.type):
                yield (name, *place), {**rest, name: value}
    else:
        yield from (((), value) for value in HOSTILE.get(get_named_type(bare).name, OF_ENUMS))
        yield (), None


def _harmless(kind: GraphQLInputType) -> Any:
    named = get_named_type(kind)
    values = getattr(named, "values", None)
    return next(iter(values)) if values else "EUR"
