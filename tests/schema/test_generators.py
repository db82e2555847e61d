"""Code generators of clients accept the schema, whole and as each viewer has it.

They are GraphQL Code Generator, as Apollo asks for it, and Relay's compiler. Their packages stand in clients/, set up by `make test`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from commands.schema import sdl, shaped_sdl
from tests.node import ToolFailed, run

CLIENTS: Final = Path(__file__).with_name("clients")
SHAPES: Final = (None, "MANAGED+ACCOUNT_ADMIN", "PARTNER+ACCOUNT_ADMIN")
APOLLO: Final = """
    query Ports($first: Int!, $order: PortOrder) {
      viewer { pricingVisible company { tradingName } }
      ports(first: $first, orderBy: $order) {
        nodes { id name monthlyRate { amount currency } location { metro } } pageInfo { hasNextPage endCursor }
      }
    }
    query Thing($id: ID!) { node(id: $id) { id ... on Port { name } ... on Company { tradingName } } }
    mutation Rename($input: UpdatePortInput!) { updatePort(input: $input) { port { id name version } userErrors { code field } } }
    subscription Follow { portUpdated { id status } }
"""
SAVE: Final = (
    "mutation Save($input: SaveMarketplaceProfileInput!) { saveMarketplaceProfile(input: $input) { userErrors { code } } }"
)
RELAY: Final = """
    import { graphql } from "react-relay";
    graphql`
      query AppQuery($first: Int!, $after: String, $id: ID!) {
        viewer { ...App_viewer }
        ports(first: $first, after: $after) @connection(key: "App_ports") { edges { node { id ...App_port } } }
        node(id: $id) { ... on Port { name } }
      }
    `;
    graphql`fragment App_viewer on Viewer { pricingVisible company { tradingName } }`;
    graphql`fragment App_port on Port { name monthlyRate { amount currency } location { metro } }`;
    graphql`mutation AppMutation($input: UpdatePortInput!) { updatePort(input: $input) { port { id name } userErrors { code } } }`;
    graphql`subscription AppSubscription { portUpdated { id status } }`;
"""


def written(folder: Path, shape: str | None) -> str:
    """The schema of a shape, or all of it, in a file."""
    file = folder / "schema.graphql"
    file.write_text(sdl() if shape is None else shaped_sdl(shape), "utf-8")
    return str(file)


def for_apollo(folder: Path, shape: str | None, documents: str) -> str:
    """The types that are made of documents. Raises ToolFailed."""
    (folder / "documents.graphql").write_text(documents, "utf-8")
    config = {
        "schema": written(folder, shape),
        "documents": str(folder / "documents.graphql"),
        "generates": {str(folder / "types.ts"): {"plugins": ["typescript", "typescript-operations"]}},
    }
    (folder / "codegen.json").write_text(json.dumps(config), "utf-8")
    run(CLIENTS, "node", "node_modules/.bin/graphql-codegen", "--config", str(folder / "codegen.json"))
    return (folder / "types.ts").read_text("utf-8")


def for_relay(folder: Path, shape: str | None, source: str) -> set[str]:
    """The names of what is made of a source. Raises ToolFailed."""
    written(folder, shape)
    for name in ("src", "made"):
        (folder / name).mkdir()
    (folder / "src" / "App.ts").write_text(source, "utf-8")
    config = {"src": "src", "schema": "schema.graphql", "language": "typescript", "artifactDirectory": "made"}
    (folder / "relay.json").write_text(json.dumps(config), "utf-8")
    run(folder, "node", str(CLIENTS / "node_modules/.bin/relay-compiler"), "relay.json")
    return {file.name.removesuffix(".graphql.ts") for file in (folder / "made").iterdir()}


@pytest.mark.parametrize("shape", SHAPES)
def test_apollos_generator_accepts_the_schema(tmp_path: Path, shape: str | None) -> None:
    """Types of an app are made of the full schema, of a managed user's, and of a partner's."""
    types = for_apollo(tmp_path, shape, APOLLO)

    assert [] == [name for name in ("PortsQuery", "ThingQuery", "RenameMutation", "FollowSubscription") if name not in types]


@pytest.mark.parametrize("shape", SHAPES)
def test_relays_compiler_accepts_the_schema(tmp_path: Path, shape: str | None) -> None:
    """An app is compiled against the full schema, a managed user's, and a partner's."""
    assert {"AppQuery", "App_viewer", "App_port", "AppMutation", "AppSubscription"} == for_relay(tmp_path, shape, RELAY)


def test_a_generator_tells_an_app_what_its_viewers_never_use_R116(tmp_path: Path) -> None:
    """An app for managed users alone learns from its build, and not from its users, that they have no Marketplace profile."""
    with pytest.raises(ToolFailed, match="SaveMarketplaceProfileInput"):
        for_apollo(tmp_path, "MANAGED+ACCOUNT_ADMIN", SAVE)
