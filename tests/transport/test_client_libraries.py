"""Client libraries as web apps use them, unmodified, against a gateway over HTTP."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests import node
from tests.client import SHOWN
from tests.conftest import Gateway
from tests.schema.test_clients import token

CLIENTS: Final = Path(__file__).parents[1] / "schema" / "clients"


async def run(script: str, *arguments: str) -> Any:
    """Run a script with Node and return the JSON that it prints."""
    process = await asyncio.create_subprocess_exec(
        node.node_tool("node"), script, *arguments, cwd=CLIENTS, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return json.loads(output)


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("library", ["apollo", "urql"])
async def test_persisted_query_is_sent_as_a_text_once(gateway: Gateway, library: str, method: str) -> None:
    """The first request has only the hash. The client then sends the text too, and from then on the hash alone."""
    text = f"query {library.title()}By{method.title()} {{ locations(first: 1) {{ nodes {{ id name }} }} }}"

    done = await run("persisted.mjs", library, f"{gateway.url}/graphql", text, method)

    first, second = done["answers"]
    assert first["locations"]["nodes"]
    assert first == second
    assert [False, True, False] == [request["hasQuery"] for request in done["sent"]]
    assert (method, 200) == (done["sent"][2]["method"], done["sent"][2]["status"])


@pytest.mark.parametrize("library", ["apollo", "graphql-request"])
async def test_queries_are_sent_in_one_batch(gateway: Gateway, library: str) -> None:
    """Apollo Client collects the queries of a moment, and graphql-request sends a list."""
    texts = ["{ locations(first: 1) { nodes { id name } } }", "{ viewer { pricingVisible } }"]

    done = await run("batched.mjs", library, f"{gateway.url}/graphql", *texts)

    locations, viewer = done["answers"]
    assert locations["locations"]["nodes"]
    assert viewer["viewer"]["pricingVisible"] in (True, False)
    assert [{"operations": 2, "status": 200}] == done["sent"]


async def test_schema_is_stitched_into_another(gateway: Gateway) -> None:
    """A stitching gateway reads the schema, adds a field of its own, and asks for what that field needs."""
    source = "{ ports(first: 2) { nodes { label monthlyRate { amount } } } viewer { user { email } } }"

    answer = await run("stitched.mjs", f"{gateway.url}/graphql", await token(gateway, SHOWN), source)

    assert "errors" not in answer
    assert SHOWN == answer["data"]["viewer"]["user"]["email"]
    assert [True, True] == [port["label"].endswith("0)") for port in answer["data"]["ports"]["nodes"]]
