"""Errors suggest schema names in development only. In production they would reveal names to callers who can't see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.client import ANONYMOUS, Client, open_client

CASES: list[tuple[str, dict[str, Any]]] = [
    ("{ viewr { roles } }", {}),
    ("{ ports(frist: 1) { totalCount } }", {}),
    ("{ ports { nodes { idd } } }", {}),
    ('{ node(id: "x") { ... on Prot { id } } }', {}),
    ("query ($f: PortFiltr) { ports(filter: $f) { totalCount } }", {}),
    ("{ ports(filter: {sttus: ACTIVE}) { totalCount } }", {}),
    ("{ ports(orderBy: {field: NAM}) { totalCount } }", {}),
    ("query ($o: PortOrder) { ports(orderBy: $o) { totalCount } }", {"o": {"field": "NAM"}}),
    ("query ($o: PortOrder) { ports(orderBy: $o) { totalCount } }", {"o": {"field": "NAME", "dirction": "ASC"}}),
    ("query ($n: Int) { ports(first: $n) @inclde(if: true) { totalCount } }", {}),
    ('{ __type(nme: "Port") { name } }', {}),
]


@pytest.fixture(scope="module", params=[True, False], ids=["development", "production"])
async def gateway(
    demo_url: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Client, bool]]:
    """A client of the gateway with the small demo data, in development and in production."""
    async with open_client(demo_url, tmp_path_factory.mktemp("suggestions"), development=request.param) as client:
        yield client, request.param


@pytest.mark.parametrize(("query", "variables"), CASES)
async def test_names_are_suggested_in_development_only(
    gateway: tuple[Client, bool], query: str, variables: dict[str, Any]
) -> None:
    """Suggestions appear for any wrong name, in the document or in variables, in development only."""
    client, development = gateway

    answer = await client.send(ANONYMOUS, query, variables)

    messages = " ".join(error["message"] for error in answer.errors)
    assert (400, True) == (answer.status, bool(messages))
    assert ("Did you mean" in messages) == (development and "@inclde" not in query)
