"""Both executors return the same allowed actions, whether the shape, the row or linked rows decide."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

import server
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from tests.client import DEMO_VIEWERS, OPERATOR, PARTNER
from tests.execution.executors import Request, Sides, both_sides, post

EVERYWHERE: Final = """{
  viewer { company { viewerCan } can(action: "ORDER_PORT", typeName: "Company") }
  companies(first: 30) { nodes { viewerCan members(first: 2) { nodes { viewerCan user { viewerCan } } } } }
  ports(first: 50) { nodes { status viewerCan location { viewerCan } connections(first: 3) { nodes { status viewerCan } } } }
  marketplacePorts(first: 20) { edges { node { selectable viewerCan provider { viewerCan } } } }
  orderApprovals(first: 20) { nodes { status expiresAt viewerCan } }
  managedAccounts(first: 5) { nodes { viewerCan company { viewerCan } } }
  products(first: 20) { nodes { viewerCan company { viewerCan } offers(first: 2) { nodes { viewerCan buyers { viewerCan } } } } }
  notifications(first: 5) { nodes { viewerCan } }
}"""
PAGE: Final = "{ companies(first: %d) { nodes { %s } } }"
LINKED: Final = """
# Viewers who have dealt with a company can explain it. V18
allow(viewer: Viewer, "explain", company: Company) if
    dealing in company.sales and dealing.seller_id = viewer.company_id;
allow(viewer: Viewer, "explain", company: Company) if
    dealing in company.purchases and dealing.seller_id = viewer.company_id;
"""


@pytest.fixture(scope="module")
async def linked(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sides]:
    """Both sides, with a policy in which linked rows decide who can explain a company."""
    directory = tmp_path_factory.mktemp("policy")
    for path in server.POLICIES.glob("*.polar"):
        shutil.copy(path, directory)
    with (directory / "company.polar").open("a") as file:
        file.write(LINKED)
    policy = Policy.load(Path(directory), CATALOGUE)
    async with both_sides(demo_url, tmp_path_factory.mktemp("linked")) as sides:
        for app in (sides.on, sides.off):
            app.state.services.policy = policy
        yield sides


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
async def test_lists_are_equal_everywhere(sides: Sides, viewer: str | None) -> None:
    """In rows, in joined rows and in rows below them, for every viewer."""
    reply = await sides(viewer, EVERYWHERE)

    assert (200, True) == (reply.status, reply.is_planned)


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
async def test_actions_that_linked_rows_decide_are_equal(linked: Sides, viewer: str | None) -> None:
    """A plan computes them as extra columns; graphql-core needs a statement of its own."""
    reply = await linked(viewer, EVERYWHERE)

    assert (200, True) == (reply.status, reply.is_planned)


async def test_linked_rows_decide_row_by_row(linked: Sides) -> None:
    """On one page, some companies can be explained and others can't, depending on which sales link them."""
    reply = await linked(
        PARTNER, "{ companies(first: 200) { nodes { viewerCan } } ports(first: 5) { nodes { company { viewerCan } } } }"
    )
    found = [
        ("EXPLAIN" in node["viewerCan"], "VIEW_AS" in node["viewerCan"]) for node in reply.content["data"]["companies"]["nodes"]
    ]

    assert {(True, True), (True, False), (False, False)} == set(found)


@pytest.mark.parametrize("planner", [True, False])
async def test_lists_do_not_cost_a_statement_for_each_row(linked: Sides, planner: bool) -> None:
    """A plan needs none, and graphql-core one for all companies of a level, because linked rows decide."""
    app = linked.on if planner else linked.off
    statements: list[str] = []
    app.state.services.reader.observers.append(lambda text, _: statements.append(text))
    counts = []
    for first in (1, 200):
        for selection in ("id", "id viewerCan"):
            statements.clear()
            await post(app, await linked._headers(PARTNER), Request(query=PAGE % (first, selection)).body)
            counts.append(len(statements))
    app.state.services.reader.observers.pop()

    plain, listed = counts[:2]
    assert [plain, listed] * 2 == counts
    assert plain + (0 if planner else 1) == listed


@pytest.mark.parametrize(
    "argument", ['action: "FLY", typeName: "Port"', 'action: "READ", typeName: "Plane"', 'action: "READ", typeName: "Image"']
)
async def test_unknown_action_is_an_error(sides: Sides, argument: str) -> None:
    """An action or a type that doesn't exist is the same error on both sides."""
    reply = await sides(OPERATOR, f"{{ viewer {{ can({argument}) }} }}")

    (error,) = reply.content["errors"]
    wrong = "action" if "FLY" in argument else "typeName"
    assert {"code": "UNKNOWN_ACTION", "argument": wrong} == {name: error["extensions"][name] for name in ("code", "argument")}
