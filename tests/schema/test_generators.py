"""Client code generators accept the full schema and the schemas of viewers.

The generators are GraphQL Code Generator, as used with Apollo, and Relay's compiler. `make test` installs them in clients/.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from commands.work.schema import sdl, shaped_sdl
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


def write_schema(folder: Path, shape: str | None) -> str:
    """Write the schema of a shape, or the full schema, to a file and return its path."""
    file = folder / "schema.graphql"
    file.write_text(sdl() if shape is None else shaped_sdl(shape), "utf-8")
    return str(file)


def generate_apollo(folder: Path, shape: str | None, documents: str) -> str:
    """Return the types generated from documents. Raises ToolFailed."""
    (folder / "documents.graphql").write_text(documents, "utf-8")
    config = {
        "schema": write_schema(folder, shape),
        "documents": str(folder / "documents.graphql"),
        "generates": {str(folder / "types.ts"): {"plugins": ["typescript", "typescript-operations"]}},
    }
    (folder / "codegen.json").write_text(json.dumps(config), "utf-8")
    run(CLIENTS, "node", "node_modules/.bin/graphql-codegen", "--config", str(folder / "codegen.json"))
    return (folder / "types.ts").read_text("utf-8")


def generate_relay(folder: Path, shape: str | None, source: str) -> set[str]:
    """Return the names of the artifacts generated from a source. Raises ToolFailed."""
    write_schema(folder, shape)
    for name in ("src", "made"):
        (folder / name).mkdir()
    (folder / "src" / "App.ts").write_text(source, "utf-8")
    config = {"src": "src", "schema": "schema.graphql", "language": "typescript", "artifactDirectory": "made"}
    (folder / "relay.json").write_text(json.dumps(config), "utf-8")
    run(folder, "node", str(CLIENTS / "node_modules/.bin/relay-compiler"), "relay.json")
    return {file.name.removesuffix(".graphql.ts") for file in (folder / "made").iterdir()}


@pytest.mark.parametrize("shape", SHAPES)
def test_apollo_generator_accepts_the_schema(tmp_path: Path, shape: str | None) -> None:
    """It generates types from the full schema, a managed account's and a partner's."""
    types = generate_apollo(tmp_path, shape, APOLLO)

    assert [] == [name for name in ("PortsQuery", "ThingQuery", "RenameMutation", "FollowSubscription") if name not in types]


@pytest.mark.parametrize("shape", SHAPES)
def test_relay_compiler_accepts_the_schema(tmp_path: Path, shape: str | None) -> None:
    """It compiles an app against the full schema, a managed account's and a partner's."""
    assert {"AppQuery", "App_viewer", "App_port", "AppMutation", "AppSubscription"} == generate_relay(tmp_path, shape, RELAY)


def test_generator_rejects_what_the_viewers_can_never_use_R116(tmp_path: Path) -> None:
    """The build of an app for managed accounts fails if the app saves a Marketplace profile, which they don't have."""
    with pytest.raises(ToolFailed, match="SaveMarketplaceProfileInput"):
        generate_apollo(tmp_path, "MANAGED+ACCOUNT_ADMIN", SAVE)
