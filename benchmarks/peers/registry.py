"""The servers to compare: how each is started and how its requests are written.

The gateway's variants run from this checkout. The others are installed at first use, in the versions listed next to this file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.answers import KeyOf, gateway_key, plain_key
from benchmarks.peers.install import NODE_MODULES, PYTHON, node
from benchmarks.workload.database import DATA, KEY_FILE, Database
from benchmarks.workload.queries import Query
from benchmarks.workload.viewers import PARTNER, Bearer
from models.database import SERVER_SETTINGS
from resolvers.values.identifiers import parse
from settings import Settings, variable

HERE: Final = Path(__file__).parent
GATEWAY: Final = "gateway"
PLANNER_OFF: Final = "gateway-planner-off"
UNGUARDED: Final = "gateway-unguarded"
HANDWRITTEN: Final = "handwritten"
STRAWBERRY: Final = "strawberry"
ARIADNE: Final = "ariadne"
POSTGRAPHILE: Final = "postgraphile"
MERCURIUS: Final = "mercurius"
UNLIMITED: Final = {name: str(10**12) for name in ("cost_per_viewer", "cost_per_peer") if name in Settings.model_fields}


@dataclass(frozen=True, slots=True)
class Peer:
    """A server. Without `authorization`, it's only queried as the partner, from whom nothing is hidden."""

    name: str
    about: str
    module: str  # a Python module or a JavaScript file
    authorization: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)  # by query name, if it differs from the gateway's document

    @property
    def is_gateway(self) -> bool:
        """True if it's a variant of this gateway."""
        return self.module == "benchmarks.peers.gateway"

    @property
    def is_node(self) -> bool:
        """True if it runs on Node."""
        return self.module.endswith(".mjs")

    @property
    def key_of(self) -> KeyOf:
        """The function that reads its IDs."""
        return gateway_key if self.is_gateway else plain_key

    def serves(self, viewer: str) -> bool:
        """Return True if its responses for a viewer must equal the gateway's."""
        return self.authorization or viewer == PARTNER

    def command(self) -> list[str]:
        """Return the command that starts it."""
        if self.is_node:
            return [str(node()), str(HERE / self.module)]
        return [sys.executable if self.is_gateway or self.name == HANDWRITTEN else str(PYTHON), "-m", self.module]

    def variables(self, database: Database, port: int) -> dict[str, str]:
        """Return the environment with its database and port."""
        if self.is_gateway:
            ours = {"data_dir": str(DATA), "signing_key_file": str(KEY_FILE), "database_url": database.url, "port": str(port)}
            return {**{variable(name): value for name, value in (ours | UNLIMITED).items()}, **self.environment}
        options = " ".join(f"-c {name}={value}" for name, value in SERVER_SETTINGS.items())
        found = {**database.environment, "PGOPTIONS": options, "PORT": str(port), "NODE_ENV": "production"}
        return {
            **found,
            "SERVER_SETTINGS": json.dumps(SERVER_SETTINGS),
            "PEERS_HOME": f"{NODE_MODULES.parent}/",
            **self.environment,
        }

    def body(self, query: Query) -> str:
        """Return the content of a request."""
        own: dict[str, Any] = {}
        if "id" in query.variables and not self.is_gateway:
            own["id"] = str(parse(query.variables["id"], "id").key)
        return query.body(self.documents.get(query.name), **own)

    def headers(self, viewer: Bearer) -> dict[str, str]:
        """Return the headers of a request."""
        return viewer.for_gateway if self.is_gateway else viewer.for_others


def peers() -> dict[str, Peer]:
    """Return all servers by name, in the order of the results."""
    ours = "benchmarks.peers.gateway"
    off = {variable("planner"): "false"} if "planner" in Settings.model_fields else {}
    all_peers = (
        Peer(GATEWAY, "this gateway: tokens, policy, logs", ours),
        Peer(UNGUARDED, "the same without filters and masks", ours, False, {"UNGUARDED": "1"}),
        Peer(PLANNER_OFF, "the same on graphql-core", ours, True, off),
        Peer(HANDWRITTEN, "asyncpg and orjson, a function for each query; the limit", "benchmarks.peers.handwritten"),
        Peer(MERCURIUS, "Mercurius with JIT and loaders, authorization in hand-written SQL", "mercurius.mjs"),
        Peer(
            POSTGRAPHILE,
            "PostGraphile 5, row-level security",
            "postgraphile.mjs",
            documents={path.stem: path.read_text() for path in (HERE / "postgraphile").glob("*.graphql")},
        ),
        Peer(STRAWBERRY, "Strawberry and DataLoader, no authorization", "benchmarks.peers.strawberry_server", False),
        Peer(ARIADNE, "Ariadne and DataLoader, no authorization", "benchmarks.peers.ariadne_server", False),
    )
    return {peer.name: peer for peer in all_peers}
