"""What viewers can do in the sample market: the tests try each action on records of each type and compare with `viewerCan`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from models import Base
from policies.catalogue import CATALOGUE
from policies.language.actions import ACTIONS
from resolvers.reading.nodes import NON_NODE_TYPES
from resolvers.values.identifiers import TAGS, Identifier
from tests import databases
from tests.client import DEMO_VIEWERS, Client, open_client
from tests.factory import Thing
from tests.rules.attempts import ATTEMPTS, OWN_COMPANY_ATTEMPTS, Attempt
from tests.rules.mutations import send

NODES: Final = sorted(set(TAGS) - NON_NODE_TYPES)
ALIKE: Final = 2  # things of the same list that are tried
LOOKED_AT: Final = 300  # things of a type
STAFF: Final = (
    "support@operator.example",
    "network@partner.example",
    "finance@partner.example",
    "shown-editor@managed.example",
)
OWN_COMPANY: Final = "{ viewer { company { id } } }"


@pytest.fixture(scope="module")
async def client(postgres: Any, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """The gateway over its own sample market, which the attempts change."""
    name = await databases.create(postgres, demo)
    path: Path = tmp_path_factory.mktemp("market")
    async with open_client(postgres.url(name), path) as client:
        yield client
    await databases.drop(postgres, name)


async def things(client: Client, viewer: str | None, entity: str) -> list[Thing]:
    """Return some readable records of a type, for each list of actions that occurs."""
    table = CATALOGUE[entity].table
    async with client.app.state.services.engine.connect() as connection:
        keys = (
            (
                await connection.execute(
                    sa.select(table.c.id).order_by(sa.func.md5(sa.cast(table.c.id, sa.Text))).limit(LOOKED_AT)
                )
            )
            .scalars()
            .all()
        )
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {entity} {{ viewerCan }} }} }}"
    answer = await client(viewer, query, ids=[str(Identifier(entity, key)) for key in keys])
    alike: dict[tuple[str, ...], list[Thing]] = defaultdict(list)
    for key, node in zip(keys, answer.data["nodes"], strict=True):
        if node is not None:
            alike[tuple(node["viewerCan"])].append(Thing(entity, key))
    return [thing for found in alike.values() for thing in found[:ALIKE]]


async def attempted(client: Client, viewer: str | None, thing: Thing, attempt: Attempt, node: Any) -> dict[str, Any]:
    """Try an action and return the payload. A record that it deletes or ends is restored, because later attempts need it."""
    table = Base.metadata.tables[str(CATALOGUE[thing.type].table.description)]
    async with client.app.state.services.engine.connect() as connection:
        row = (await connection.execute(sa.select(table).where(table.c.id == thing.key))).mappings().one()
        payload = await send(client, viewer, attempt.mutation, "__typename", **attempt.values(node))
        if attempt.deletes:
            restored = postgresql.insert(table).values(**row).on_conflict_do_update(index_elements=["id"], set_=dict(row))
            await connection.execute(restored)
    return payload


def tried(entity: str, *, is_own: bool) -> Iterator[tuple[str, Any]]:
    """Return a type's actions, each with its attempt."""
    for action in (action.upper() for action in ACTIONS[entity]):
        attempt = ATTEMPTS.get((entity, action)) or (OWN_COMPANY_ATTEMPTS.get(action) if is_own else None)
        if attempt is not None:
            yield action, attempt


@pytest.mark.parametrize("viewer", [*DEMO_VIEWERS, *STAFF])
async def test_listed_actions_are_allowed_and_others_refused_A44_V13_V16(client: Client, viewer: str | None) -> None:
    """Each action is tried on records of each type. It is refused to this viewer in this state if and only if it isn't listed."""
    own = ((await client(viewer, OWN_COMPANY)).data["viewer"]["company"] or {}).get("id")
    wrong = []
    for entity in NODES:
        fields = "id name visibility termMonths" if entity == "Port" else "id"
        for thing in await things(client, viewer, entity):
            for action, attempt in tried(entity, is_own=thing.id == own):
                query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {entity} {{ {fields} viewerCan }} }} }}"
                node = (await client(viewer, query, id=thing.id)).data["node"]  # again, because attempts change states
                payload = await attempted(client, viewer, thing, attempt, node)
                if (action in node["viewerCan"]) == attempt.is_refused(payload["userErrors"]):
                    wrong.append((entity, action, node, payload))

    assert [] == wrong
