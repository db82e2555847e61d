"""What tests of clients need: a gateway over a sample market of its own, with a trusted document, and compiled documents."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

import server
from models.embedded import Embedded
from tests import databases
from tests.node import run
from tests.served import served

PACKAGE: Final = Path(__file__).parents[2] / "clients" / "typescript"
RELAY_COMPILER: Final = Path(__file__).parents[1] / "schema" / "clients" / "node_modules" / ".bin" / "relay-compiler"
TRUSTED: Final = "query Generated { __typename }"
RELAY: Final = """
import { graphql } from "react-relay";
graphql`query RelayPortsQuery($first: Int!) { ports(first: $first) { nodes { id name } } }`;
graphql`subscription RelayPortUpdatedSubscription { portUpdated { id name } }`;
"""


@pytest.fixture(scope="session")
def relay_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents that Relay's compiler has compiled."""
    folder = tmp_path_factory.mktemp("relay")
    for name in ("src", "made"):
        (folder / name).mkdir()
    (folder / "src" / "Relay.js").write_text(RELAY, "utf-8")
    (folder / "made" / "package.json").write_text('{"type": "module"}', "utf-8")
    schema = str(Path(server.HERE) / "schema" / "schema.graphql")
    config = {
        "src": "src",
        "schema": schema,
        "language": "javascript",
        "artifactDirectory": "made",
        "eagerEsModules": True,
    }
    (folder / "relay.json").write_text(json.dumps(config), "utf-8")
    run(folder, "node", str(RELAY_COMPILER), "relay.json")
    return folder / "made"


@pytest.fixture(scope="session")
async def own_market(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market that the clients change."""
    async with databases.copied(postgres, demo) as url:
        yield url


@pytest.fixture(scope="session")
def own_gateway(own_market: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a gateway's endpoint."""
    folder = tmp_path_factory.mktemp("clients")
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({sha256(TRUSTED.encode()).hexdigest(): TRUSTED}), "utf-8")
    with served(own_market, folder, development=True, trusted_documents_file=manifest) as url:
        yield f"{url}/graphql"
