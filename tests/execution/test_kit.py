"""The kit's own documents get the same answers from both executors, for every sample user."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest

from models.embedded import Embedded
from tests import databases
from tests.client import DEMO_VIEWERS
from tests.execution.executors import Sides, both_sides
from tests.execution.market import Known, learn
from tests.kit.documents import CARRIED, QUERIES, example


@pytest.fixture(scope="module")
async def sides(postgres: Embedded, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sides]:
    """Both sides over the sample market."""
    async with databases.copied(postgres, demo) as url, both_sides(url, tmp_path_factory.mktemp("sides")) as sides:
        yield sides


@pytest.fixture(scope="module")
async def known(sides: Sides) -> Known:
    """What clients know of the sample market."""
    return await learn(sides)


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
async def test_both_executors_answer_the_kit_alike(sides: Sides, known: Known, viewer: str | None) -> None:
    """Status and bytes of each query are the same, and most of the queries are planned."""
    ids = [key for keys in known.ids.values() for key in keys[:5]]
    replies = [await sides(viewer, event, ids=ids) for event in CARRIED]
    for query in QUERIES:
        named = known.ids["ManagedAccount"] if "managedAccount" in query.text else ids
        values = query.variables(partial(example, named=named[0]))
        replies.append(await sides(viewer, query.text, **values))

    assert [reply.is_planned for reply in replies].count(True) > len(replies) / 2
