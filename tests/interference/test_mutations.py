"""Mutations reveal nothing hidden: a hidden id gets the same answer as an unknown one, byte for byte.

Every mutation of the schema is sent with every id in its input, for records of every type, and selects what the kit's elements
select of it. New mutations are included.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final
from uuid import uuid4

import pytest
import sqlalchemy as sa
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_required_input_field,
)

from models import AuditEvent
from models.audit_event import AuditKind
from policies.catalogue import CATALOGUE
from policies.predicates.sql import to_sql, viewer_parameters
from policies.viewer import ANONYMOUS as VISITOR
from policies.viewer import Viewer
from resolvers.reading.viewers import find_member, load_viewer
from resolvers.values.identifiers import TAGS, Identifier
from settings import Settings
from tests import databases
from tests.client import ANONYMOUS, DIRECT, HIDDEN, PARTNER, SHOWN, Answer, Client, open_client
from tests.kit.documents import PAYLOADS
from tests.schema.outline import SCHEMA

VIEWERS: Final = (ANONYMOUS, PARTNER, HIDDEN, SHOWN, DIRECT, "network@partner.example", "shown-editor@managed.example")
PLAIN: Final = {
    "String": "Sample",
    "Int": 1,
    "Boolean": True,
    "Float": 1.0,
    "EmailAddress": "a@b.example",
    "URL": "https://b.example/",
}
MAX_REPEATS: Final = Settings.model_fields["max_mutation_repeats"].default
TRIED: Final = 2  # hidden records of each type
REFUSED: Final = 5  # where a type's IDs are refused whatever they name, a hidden record is tried at one place in as many
ABSENT: Final = {entity: str(Identifier(entity, uuid4())) for entity in TAGS}


def fields() -> Iterator[tuple[str, GraphQLInputObjectType]]:
    """Yield each mutation with the type of its input."""
    root = SCHEMA.mutation_type
    assert isinstance(root, GraphQLObjectType)
    for name, field in root.fields.items():
        kind = get_named_type(field.args["input"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        yield name, kind


def places(kind: GraphQLInputObjectType, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each id in an input."""
    for name, field in kind.fields.items():
        inner: Any = field.type
        while isinstance(inner, GraphQLNonNull | GraphQLList):
            inner = inner.of_type
        if isinstance(inner, GraphQLInputObjectType):
            yield from places(inner, (*path, name))
        elif inner.name == "ID":
            yield (*path, name)


def example(kind: GraphQLInputType, wanted: tuple[str, ...] | None, named: str) -> Any:
    """Return a value of an input type with its required fields, and the id at the path `wanted`."""
    if isinstance(kind, GraphQLNonNull):
        return example(kind.of_type, wanted, named)
    if isinstance(kind, GraphQLList):
        return [example(kind.of_type, wanted, named)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: example(field.type, wanted[1:] if wanted and wanted[0] == name else None, named)
            for name, field in kind.fields.items()
            if is_required_input_field(field) or (wanted and wanted[0] == name)
        }
    return named if kind.name == "ID" else PLAIN.get(kind.name, "2030-01-01")


CASES: Final = [(name, kind, place) for name, kind in fields() for place in places(kind)]


@pytest.fixture(scope="module")
async def client(postgres: Any, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of a gateway over its own market."""
    name = await databases.create(postgres, demo)
    async with open_client(postgres.url(name), tmp_path_factory.mktemp("mutations")) as client:
        yield client
    await databases.drop(postgres, name)


async def viewer_of(client: Client, email: str | None) -> Viewer:
    """Load a viewer as the gateway does."""
    services = client.app.state.services
    member = await find_member(services.engine, email) if email else None
    found = await load_viewer(services.reader, member.user_id, member.membership_id) if member else None
    return found or VISITOR


async def hidden_ids(client: Client, viewer: Viewer, entity: str) -> list[str]:
    """Return the ids of some records of a type that the viewer can't read."""
    services, kind = client.app.state.services, CATALOGUE[entity]
    readable = to_sql(services.policy.decide(viewer.shape, entity).rows, kind, kind.table)
    query = sa.select(kind.table.c.id).where(readable.is_not(sa.true())).order_by(kind.table.c.id).limit(TRIED)
    async with services.engine.connect() as connection:
        found = await connection.execute(query, viewer_parameters(viewer))
        return [str(Identifier(entity, key)) for (key,) in found]


async def answers(
    client: Client, email: str | None, name: str, kind: GraphQLInputObjectType, place: tuple[str, ...], ids: Sequence[str]
) -> list[Any]:
    """Return a mutation's data and errors with each record's id at a path of the input, as many in one request as it may hold."""
    found: list[Any] = []
    for start in range(0, len(ids), MAX_REPEATS):
        inputs = {f"m{n}": example(kind, place, named) for n, named in enumerate(ids[start : start + MAX_REPEATS])}
        declared = ", ".join(f"${alias}: {kind.name}!" for alias in inputs)
        selection = PAYLOADS.get(name, "{ userErrors { code message field } }")
        fields = " ".join(f"{alias}: {name}(input: ${alias}) {selection}" for alias in inputs)
        answer = await client(email, f"mutation ({declared}) {{ {fields} }}", **inputs)
        found += [_part(answer, alias) for alias in inputs]
    return found


def _part(answer: Answer, alias: str) -> Any:
    """Return the part of an answer that belongs to one of its mutations, without naming it."""
    errors = [{**error, "path": error["path"][1:], "locations": None} for error in answer.errors if error["path"][0] == alias]
    return (answer.data or {}).get(alias), errors


def _is_refused(answer: Any) -> bool:
    """Return whether the id's text was refused, as that of another type: one record of the type then stands for all."""
    data, _ = answer
    return data is not None and any(error["code"] == "INVALID_ID" for error in data["userErrors"])


async def events(client: Client) -> int:
    """Count the audited changes."""
    async with client.app.state.services.engine.connect() as connection:
        return int(
            (await connection.execute(sa.select(sa.func.count()).where(AuditEvent.kind == AuditKind.CHANGE))).scalar_one()
        )


@pytest.mark.share(3)
@pytest.mark.parametrize("email", VIEWERS)
async def test_hidden_id_gets_the_answer_of_an_unknown_one(client: Client, email: str | None) -> None:
    """Every mutation answers the id of a hidden record like an id that doesn't exist, and changes nothing."""
    viewer, before = await viewer_of(client, email), await events(client)
    hidden = {entity: await hidden_ids(client, viewer, entity) for entity in TAGS if CATALOGUE[entity].part_of is None}

    different = []
    for number, (name, kind, place) in enumerate(CASES):
        unknown = dict(
            zip(hidden, await answers(client, email, name, kind, place, [ABSENT[entity] for entity in hidden]), strict=True)
        )
        pairs = [
            (entity, named)
            for turn, (entity, ids) in enumerate(hidden.items(), start=number)
            for named in ids[: (turn % REFUSED == 0) if _is_refused(unknown[entity]) else TRIED]
        ]
        known = await answers(client, email, name, kind, place, [named for _, named in pairs])
        different += [
            (name, place, entity) for (entity, _), answer in zip(pairs, known, strict=True) if answer != unknown[entity]
        ]

    assert [] == different
    assert before == await events(client)


async def test_visible_id_gets_another_answer(client: Client) -> None:
    """The check isn't vacuous: the id of a visible record gets a different answer."""
    viewer = await viewer_of(client, HIDDEN)
    name, kind, place = next(case for case in CASES if case[0] == "setBillingMarket")

    own, absent = await answers(
        client,
        HIDDEN,
        name,
        kind,
        place,
        [str(Identifier("Company", viewer.company_id)), ABSENT["Company"]],  # type: ignore[arg-type]
    )

    assert own != absent
