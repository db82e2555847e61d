"""A schema for tests of execution: every kind of type and field in GraphQL, over data in this file.

Its fields are declared as the gateway's are: columns, batch resolvers, values. Those of `Custom` have Strawberry resolvers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from types import SimpleNamespace
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
import strawberry
from strawberry import ID

from policies.reason import Reason
from resolvers.context import Context
from resolvers.reading.records import Record
from schema.building.fields import column, resolved
from schema.building.scalars import URL, EmailAddress
from tests.execution.faults import Spec, fault, values_of


@dataclass(frozen=True)
class Person:
    """An author or maker."""

    id: str
    name: str
    address: Any = None


@dataclass(frozen=True)
class Work:
    """A book or a disc, by `kind`."""

    id: str
    kind: str
    title: str
    maker: str
    pages: int | None = None
    minutes: float | None = None
    tags: list[str | None] = field(default_factory=list)


HOME: Final = SimpleNamespace(street="Alley 1", city=None)
PEOPLE: Final = [Person("p1", "Ada", HOME), Person("p2", "Bo"), Person("p3", "Cy", HOME)]
WORKS: Final = [
    Work("w1", "Book", "Analysis", "p1", pages=320, tags=["math", None, "old"]),
    Work("w2", "Disc", "Blues", "p2", minutes=41.5),
    Work("w3", "Book", "Chess", "p1", pages=90, tags=["game"]),
    Work("w4", "Disc", "Dirge", "p3"),
]
BOOKS: Final = [WORKS[0], WORKS[2], Work("w5", "Book", "Etudes", "p2"), Work("w6", "Book", "Fugue", "p3", pages=1)]
MANY: Final = [Work(f"m{number}", "Book", f"Volume {number}", f"p{number % 3 + 1}", pages=number) for number in range(10_000)]


def is_kind(kind: str) -> Any:
    """Return a function that checks whether a work is of a type."""
    return lambda value, _info: getattr(value, "kind", None) == kind


async def maker(works: Sequence[Work], _context: Context) -> list[Person]:
    """Return the maker of each work."""
    return [next(person for person in PEOPLE if person.id == work.maker) for work in works]


async def works_of(people: Sequence[Person], _context: Context, *, first: int | None = None) -> list[list[Work]]:
    """Return the works of each person."""
    return [[work for work in BOOKS if work.maker == person.id][:first] for person in people]


async def person_by_id(roots: Sequence[object], _context: Context, **arguments: Any) -> list[Person | None]:
    """Return the person with an id."""
    return [next((person for person in PEOPLE if person.id == arguments["id"]), None)] * len(roots)


def always(value: Any) -> Any:
    """Return a batch resolver that has the same value for every parent."""

    async def same(parents: Sequence[object], _context: Context) -> list[Any]:
        return [value] * len(parents)

    return same


async def echoing(roots: Sequence[object], _context: Context, **arguments: Any) -> list[str]:
    """Return the arguments as a resolver gets them, with their types."""
    return [", ".join(f"{name}={value!r}" for name, value in sorted(arguments.items()))] * len(roots)


@strawberry.interface(description="What can be borrowed.")
class Thing:
    id: ID = column("A key.")
    title: str = column("What it is called.")


@strawberry.type
class Place:
    street: str = strawberry.field(description="A value's field.")
    city: str | None = strawberry.field(description="Another.")


@strawberry.type
class Author:
    id: ID = column("A key.")
    name: str = column("What somebody is called.")
    address: Place | None = column("A value in a column.")
    works: list[Book] = resolved(works_of, "What somebody has written.", {"first": (int | None, "At most so many.")})


@strawberry.type
class Book(Thing):
    is_type_of = is_kind("Book")

    pages: int | None = column("How long it is.")
    tags: list[str | None] = column("A list with nulls.")
    maker: Author = resolved(maker, "Who wrote it.")


@strawberry.type
class Disc(Thing):
    is_type_of = is_kind("Disc")

    minutes: float | None = column("How long it is.")
    maker: Author = resolved(maker, "Who played it.")


Media = Annotated[Book | Disc, strawberry.union("Media")]


@strawberry.enum
class Colour(Enum):
    """An enum whose names differ from its values."""

    RED = "#f00"
    GREEN = 2
    BLUE = strawberry.enum_value("blue", description="The sky.")


@strawberry.enum
class Size(StrEnum):
    """An enum whose names are its values."""

    SMALL = "SMALL"
    LARGE = "LARGE"


@strawberry.type
class Scalars:
    number: int | None = column("Int.")
    real: float | None = column("Float.")
    flag: bool | None = column("Boolean.")
    text: str | None = column("String.")
    key: ID | None = column("ID.")
    amount: Decimal | None = column("Decimal.")
    day: date | None = column("Date.")
    moment: datetime | None = column("DateTime.")
    uuid: UUID | None = column("UUID.")
    url: URL | None = column("URL.")
    email: EmailAddress | None = column("EmailAddress.")
    colour: Colour | None = column("An enum.")
    size: Size | None = column("An enum of strings.")
    colours: list[Colour | None] | None = column("A list of an enum.")
    numbers: list[int] | None = column("A list of Int!.")
    matrix: list[list[int | None] | None] | None = column("A list of lists.")
    strict: list[list[int]] | None = column("A strict list of lists.")
    required: int = column("Int!.")


GOOD: Final = {
    "number": 7,
    "real": 1.5,
    "flag": True,
    "text": 'a "b" é 🦆',
    "key": "k",
    "amount": Decimal("1250.00"),
    "day": date(2026, 5, 1),
    "moment": datetime(2026, 5, 1, 8, 30, tzinfo=UTC),
    "uuid": UUID(int=7),
    "url": "https://a.example/",
    "email": "a@b.example",
    "colour": Colour.RED,
    "size": Size.LARGE,
    "colours": [Colour.GREEN, None, Colour.BLUE],
    "numbers": [1, 2],
    "matrix": [[1, None], None, []],
    "strict": [[1], [2, 3]],
    "required": 1,
}
BAD: Final[dict[str, Any]] = {  # field to named values that replace its good value
    "number": {"float": 7.0, "half": 1.5, "large": 2**40, "text": "7", "word": "seven", "flag": True, "list": [1]},
    "real": {"int": 1, "nan": float("nan"), "inf": float("inf"), "text": "1.5", "word": "half", "flag": True},
    "flag": {"int": 1, "zero": 0, "text": "true", "nan": float("nan")},
    "text": {"int": 1, "flag": True, "float": 0.5, "list": ["a"], "dict": {"a": 1}, "object": HOME},
    "key": {"int": 7, "float": 1.5, "uuid": UUID(int=1), "flag": True},
    "amount": {"int": 5, "text": "1.50", "nan": Decimal("NaN"), "exponent": Decimal("1E+3"), "zero": Decimal("0E-3")},
    "day": {"moment": datetime(2026, 5, 1, tzinfo=UTC), "text": "2026-05-01", "number": 5},
    "moment": {"naive": datetime(2026, 5, 1), "day": date(2026, 5, 1), "text": "now", "fine": datetime(2026, 1, 1, 1, 1, 1, 5)},  # noqa: DTZ001
    "uuid": {"text": "x", "int": 1},
    "url": {"int": 5, "list": []},
    "email": {"int": 5},
    "colour": {"value": "#f00", "name": "RED", "wrong": "mauve", "other": Size.SMALL, "int": 2, "list": []},
    "size": {"value": "LARGE", "wrong": "HUGE", "lower": "large", "other": Colour.RED},
    "colours": {"wrong": [Colour.RED, "mauve", 2], "text": "RED", "tuple": (Colour.RED,), "generator": 5},
    "numbers": {"null": [1, None], "wrong": [1, "x"], "text": "12", "tuple": (1, 2), "dict": {"a": 1}, "set": frozenset({1})},
    "matrix": {"null": [None], "flat": [1], "wrong": [[1, "x"], [2]], "tuples": ((1,), (None,))},
    "strict": {"inner": [[1], None], "item": [[1], [2, None]], "wrong": [["x"], [1]]},
    "required": {"null": None, "wrong": "x"},
}


async def leaves(roots: Sequence[object], _context: Context, **arguments: Any) -> list[Any]:
    """Return good values, with a bad one where the arguments name one."""
    name, bad = str(arguments.get("field")), arguments.get("bad")
    values: dict[str, Any] = dict(GOOD) if bad is None else {**GOOD, name: BAD[name][bad]}
    return [SimpleNamespace(**values)] * len(roots)


@strawberry.type
class Secret:
    name: str | None = column("May be hidden.")
    size: int = column("Is never null, and hidden nevertheless.")
    next: Secret | None = resolved(values_of("next"), "May be hidden.")
    parts: list[list[Secret | None]] | None = resolved(values_of("parts"), "Lists of lists of what may hide something.")


async def hiding(roots: Sequence[object], _context: Context, *, spec: str) -> list[list[Record]]:
    """Return records described in JSON: `hide` has the hidden fields."""
    return [[_secret(each) for each in orjson.loads(spec)]] * len(roots)


def _secret(spec: Any) -> Any:
    if isinstance(spec, list):
        return [_secret(each) for each in spec]
    if not isinstance(spec, dict):
        return spec
    row = {"name": "n", "size": 1, "next": None, "parts": None, **{name: _secret(value) for name, value in spec.items()}}
    hidden = dict.fromkeys(spec.get("hide", ()), Reason.HIDDEN_BY_PARTNER)
    return Record("Secret", SimpleNamespace(**row), {**hidden, **dict.fromkeys(spec.get("deny", ()), Reason.ROLE_REQUIRED)})


@strawberry.type
class Risk:
    """Fields that can fail. The query has each field's value: see `faults`."""

    plain: str | None = column("A column.")
    bold: str = column("A column that is never null.")
    soft: str | None = resolved(values_of("soft"), "A leaf.")
    hard: str = resolved(values_of("hard"), "A leaf that is never null.")
    one: Risk | None = resolved(values_of("one"), "A part.")
    must: Risk = resolved(values_of("must"), "A part that is never null.")
    some: list[Risk | None] | None = resolved(values_of("some"), "Parts, some null.")
    each: list[Risk] | None = resolved(values_of("each"), "Parts, none null.")
    all: list[Risk] = resolved(values_of("all"), "Parts, none null, and never null.")
    rows: list[list[str]] | None = resolved(values_of("rows"), "Lists of lists.")


async def risky(roots: Sequence[object], _context: Context, *, spec: str) -> list[Any]:
    """Return a risk described in JSON."""
    return [Spec.of(orjson.loads(spec))] * len(roots)


@strawberry.type
class Custom:
    """Fields whose resolvers have no batch form: the planner leaves them to graphql-core."""

    name: str = strawberry.field(description="An attribute.")

    @strawberry.field
    def loud(self) -> str:
        return self.name.upper()

    @strawberry.field
    async def late(self, times: int = 1) -> str:
        await asyncio.sleep(0)
        return self.name * times

    @strawberry.field
    def broken(self) -> str | None:
        raise fault("unexpected")


@strawberry.input
class Inner:
    word: str = "inner"
    size: Size | None = Size.SMALL


@strawberry.input
class Given:
    number: int
    optional: float | None = strawberry.UNSET
    colour: Colour = Colour.GREEN
    inner: Inner | None = None
    inners: list[Inner] | None = None
    flags: list[bool | None] = strawberry.field(default_factory=lambda: [True])


ECHOED: Final[dict[str, tuple[Any, str]]] = {
    "number": (int | None, "Int."),
    "real": (float | None, "Float."),
    "flag": (bool | None, "Boolean."),
    "text": (str | None, "String."),
    "key": (ID | None, "ID."),
    "amount": (Decimal | None, "Decimal."),
    "day": (date | None, "Date."),
    "moment": (datetime | None, "DateTime."),
    "uuid": (UUID | None, "UUID."),
    "url": (URL | None, "URL."),
    "colour": (Colour | None, "An enum."),
    "size": (Size | None, "An enum of strings."),
    "numbers": (list[int] | None, "A list of Int!."),
    "matrix": (list[list[int | None] | None] | None, "A list of lists."),
    "colours": (list[Colour] | None, "A list of an enum."),
    "given": (Given | None, "An input."),
    "many": (list[Given] | None, "A list of inputs."),
}


@strawberry.type
class Query:
    person: Author | None = resolved(person_by_id, "Somebody.", {"id": (ID, "A key.")})
    people: list[Author] = resolved(always(PEOPLE), "Everybody.")
    media: list[Media] = resolved(always(WORKS), "A list of a union.")
    things: list[Thing | None] = resolved(always([WORKS[0], None, WORKS[1]]), "A list of an interface, with a null.")
    strange: list[Thing | None] = resolved(always([WORKS[0], HOME, Work("x", "Ghost", "?", "p1")]), "Of no known type.")
    many: list[Book] = resolved(always(MANY), "A large list.")
    scalars: Scalars = resolved(
        leaves, "Leaves.", {"field": (str | None, "Of which a value is bad."), "bad": (str | None, "Which.")}
    )
    echo: str = resolved(echoing, "Arguments.", ECHOED)
    must_echo: str = resolved(echoing, "Arguments that must be given.", {"number": (int, "Int!."), "given": (Given, "Given!.")})
    risk: Risk | None = resolved(risky, "What may fail.", {"spec": (str, "JSON.")})
    danger: Risk = resolved(risky, "What may fail, and is never null.", {"spec": (str, "JSON.")})
    secrets: list[Secret] = resolved(hiding, "What may be hidden.", {"spec": (str, "JSON.")})
    custom: Custom = resolved(always(Custom(name="sam")), "What needs graphql-core.")

    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"Hello, {name}!"
