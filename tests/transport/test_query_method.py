"""The method QUERY (RFC 10008): a query in a body, from a method that is safe like GET."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.transport.conftest import GRAPHQL


async def ask(client: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    """Send a request by QUERY."""
    return await client.request("QUERY", "/graphql", json=body, headers={"Accept": GRAPHQL, **headers})


async def test_query_is_answered_as_by_post(client: httpx.AsyncClient) -> None:
    """QUERY has the body of a POST, also with a batch."""
    body = {"query": "query ($name: String!) { hello(name: $name) }", "variables": {"name": "you"}}
    alone, batch = await ask(client, body), await ask(client, [body, body])

    assert (200, {"data": {"hello": "Hello, you!"}}) == (alone.status_code, alone.json())
    assert [{"data": {"hello": "Hello, you!"}}] * 2 == batch.json()


async def test_query_method_runs_no_mutation(client: httpx.AsyncClient) -> None:
    """A mutation is a valid request that the method can't process: status 422, as the RFC says."""
    response = await ask(client, {"query": "mutation { bump }"})

    assert (422, "NOT_A_QUERY") == (response.status_code, response.json()["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("content_type", ["text/plain", "application/graphql", None])
async def test_body_must_be_json(client: httpx.AsyncClient, content_type: str | None) -> None:
    """The refusal of another type says which types QUERY accepts, and so does that of another method."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    response = await client.request("QUERY", "/graphql", content="{ hello }", headers=headers)
    other = await client.put("/graphql", json={})

    assert (415, "application/json") == (response.status_code, response.headers["Accept-Query"])
    assert (405, "application/json") == (other.status_code, other.headers["Accept-Query"])


async def test_pages_of_other_origins_may_use_the_method(client: httpx.AsyncClient) -> None:
    """A preflight allows QUERY."""
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "QUERY"}
    response = await client.options("/graphql", headers=asked)

    assert 200 == response.status_code
    assert "QUERY" in response.headers["Access-Control-Allow-Methods"].split(", ")
