"""Queries whose plans are cached run without Strawberry, as long as nothing needs it. `Sides` compares the answers of both."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import strawberry

import server
from tests.client import HIDDEN, PARTNER, Client, open_client

PRICES: Final = "query Prices($first: Int) { ports(first: $first) { nodes { name monthlyRate { amount } } } }"
HIDDEN_RATE: Final = """
# Nobody sees what a port costs.
# @reason ROLE_REQUIRED
deny_field(_viewer: Viewer, "read", _port: Port, "monthly_rate");
"""


@pytest.fixture
async def gateway(demo_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """A gateway without anything in its caches, whose answers aren't compared."""
    async with open_client(demo_url, tmp_path) as client:
        client.compares = False
        yield client


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the operations that Strawberry has executed."""
    names: list[str] = []
    execute = strawberry.Schema.execute

    async def noted(schema: Any, query: Any, *arguments: Any, **more: Any) -> Any:
        names.append(str(more.get("operation_name")))
        return await execute(schema, query, *arguments, **more)

    monkeypatch.setattr(strawberry.Schema, "execute", noted)
    return names


@pytest.mark.one_process
async def test_a_repeated_query_runs_without_strawberry(gateway: Client, executed: list[str]) -> None:
    """The second request gets the same answer, with its own variables and for its own viewer."""
    first = await gateway(HIDDEN, PRICES, first=2)
    again = await gateway(HIDDEN, PRICES, first=2)
    one = await gateway(HIDDEN, PRICES, first=1)

    assert ["Prices"] == executed
    assert first.body == again.body
    assert first.data["ports"]["nodes"][:1] == one.data["ports"]["nodes"]
    assert ["HIDDEN_BY_PARTNER"] == [each.reason for each in again.redactions]
    assert "planned" == again.execution


async def test_another_kind_of_viewer_needs_its_own_plan(gateway: Client, executed: list[str]) -> None:
    """A viewer of another shape isn't answered by a plan of the first one's."""
    hidden = await gateway(HIDDEN, PRICES, first=1)
    shown = await gateway(PARTNER, PRICES, first=1)

    assert ["Prices", "Prices"] == executed
    assert hidden.data["ports"]["nodes"][0]["monthlyRate"] is None
    assert shown.data["ports"]["nodes"][0]["monthlyRate"] is not None


async def test_a_new_policy_needs_new_plans(gateway: Client, executed: list[str], tmp_path: Path) -> None:
    """Plans of the policy before a reload aren't used."""
    policies = Path(shutil.copytree(server.POLICIES, tmp_path / "policies"))
    with (policies / "port.polar").open("a") as ports:
        ports.write(HIDDEN_RATE)
    before = await gateway(PARTNER, PRICES, first=1)
    for app in gateway.apps:
        app.state.services.replace_policy(server.load_policy(policies))
    after = await gateway(PARTNER, PRICES, first=1)

    assert ["Prices", "Prices"] == executed
    assert before.data["ports"]["nodes"][0]["monthlyRate"] is not None
    assert after.data["ports"]["nodes"][0]["monthlyRate"] is None


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("query Refused($id: ID!) { port(id: $id) { name } }", {"id": "x"}),
        ("query Coerced($first: Int) { ports(first: $first) { nodes { name } } }", {"first": "1"}),
        ("query Schema { __schema { queryType { name } } viewer { roles } }", {}),
        ("mutation Change { markAllNotificationsRead { clientMutationId: __typename } }", {}),
    ],
)
async def test_everything_else_is_left_to_strawberry(
    gateway: Client, executed: list[str], document: str, variables: dict[str, Any]
) -> None:
    """Errors, introspection and mutations take the usual way each time, with the same answer."""
    answers = [await gateway(PARTNER, document, **variables) for _ in range(2)]

    assert 2 == len(executed)
    assert (answers[0].data, answers[0].codes) == (answers[1].data, answers[1].codes)


@pytest.mark.parametrize(
    "setting", [{"planner": False}, {"shaped_schema": "strict"}, {"record_operations": "operations.jsonl"}]
)
async def test_settings_that_need_strawberry_keep_it(
    demo_url: str, tmp_path: Path, executed: list[str], setting: dict[str, Any]
) -> None:
    """Without a planner, with validation for each viewer, and while operations are recorded, no query runs without it."""
    if "record_operations" in setting:
        setting = {"record_operations": tmp_path / setting["record_operations"]}
    async with open_client(demo_url, tmp_path, **setting) as client:
        client.compares = False
        for _ in range(2):
            await client(HIDDEN, PRICES, first=1)

    assert ["Prices", "Prices"] == executed
