"""The cost of the most expensive requests that the limits allow, and how long other clients wait meanwhile.

Each attack is a family of requests of a given size. The benchmark finds the largest size that isn't refused. A visitor then sends
that request repeatedly, while another client sends an ordinary query and `/livez`. The results are the server's CPU time per
attack request and the 99th percentile of the ordinary responses.

Each request has a text that the gateway hasn't seen, so nothing of it is cached. Invalid documents are attacks too, because
validating them takes as long.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any, Final

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks.compare import Plan, prepare
from benchmarks.machine import Cores, cpu_ms
from benchmarks.peers.registry import GATEWAY, peers
from benchmarks.peers.running import Running, running
from benchmarks.targets import Verdict
from benchmarks.workload.database import WORKLOAD
from models.embedded import Embedded

MOST_CPU_MS: Final = 300.0  # server CPU per request
MOST_WAIT_MS: Final = 100.0  # 99th percentile of an ordinary query
LARGEST: Final = 20_000  # the largest size to try
PAUSE: Final = 0.005  # seconds between ordinary requests
SOCKETS: Final = 200
PROTOCOL: Final = Subprotocol("graphql-transport-ws")
HONEST: Final = {"query": "{ locations(first: 5) { nodes { id name } } }"}
REFUSED: Final = frozenset((400, 413, 429, 503))
INVALID: Final = b"GRAPHQL_VALIDATION_FAILED"
MARK: Final = "00000000"  # in a comment of each document; replaced by a new number in each request
NUMBERS: Final = count(1)
Family = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attack: its size in bytes, server CPU in milliseconds per request, and the times of ordinary responses."""

    attack: str
    request_bytes: int
    cpu_ms: float
    honest_p99_ms: float


@dataclass(frozen=True, slots=True)
class Abuse:
    """All attacks."""

    outcomes: list[Outcome] = field(default_factory=list)

    def verdicts(self) -> list[Verdict]:
        """Check the worst attack against the two targets."""
        cpu, wait = max(each.cpu_ms for each in self.outcomes), max(each.honest_p99_ms for each in self.outcomes)
        return [
            Verdict("abuse: CPU of the worst request, ms", cpu, MOST_CPU_MS),
            Verdict("abuse: p99 of an honest query beside it, ms", wait, MOST_WAIT_MS),
        ]

    def as_json(self) -> list[dict[str, object]]:
        """Return the values for the results file."""
        return [asdict(each) for each in self.outcomes]


def _body(query: str, **variables: Any) -> bytes:
    return json.dumps({"query": f"#{MARK}\n{query}", "variables": variables}).encode()


def _aliases(field_of: str) -> Callable[[int], str]:
    return lambda count: " ".join(f"a{number}: {field_of}" for number in range(count))


def families(known: str) -> Mapping[str, Family]:
    """Return the attacks by name. `known` is the ID of an object that everyone can read."""
    names, roots, schemas = (
        _aliases("name"),
        _aliases("companies(first: 1) { totalCount }"),
        _aliases("__schema { queryType { name } }"),
    )
    nodes = _aliases("nodes(ids: $v) { ... on Location { viewerCan speedsMbps } }")
    page = _aliases("locations(first: 50) { nodes { id name metro viewerCan } }")
    lists, typenames = _aliases("nodes(ids: $v) { id }"), _aliases("__typename @skip(if: false) @include(if: true)")
    errors, unknown = _aliases('node(id: "x") { id }'), _aliases("nothing")
    return {
        "introspection, one field by many names": lambda n: _body(
            f"{{ __schema {{ types {{ fields {{ type {{ fields {{ {names(n)} }} }} }} }} }} }}"
        ),
        "introspection, many times": lambda n: _body(f"{{ {schemas(n)} }}"),
        "nodes of equal ids, and an error": lambda n: _body(
            f'query($v: [ID!]!) {{ bad: node(id: "x") {{ id }} {nodes(n)} }}', v=[known] * 1000
        ),
        "many root fields that count": lambda n: _body(f"{{ {roots(n)} }}"),
        "a page, one field by many names": lambda n: _body(f"{{ locations(first: 1000) {{ nodes {{ {names(n)} }} }} }}"),
        "many errors": lambda n: _body(f"{{ {errors(n)} }}"),
        "fields that don't exist": lambda n: _body(f"{{ {unknown(n)} }}"),
        "pages by many names": lambda n: _body(f"{{ {page(n)} }}"),
        "lists of ids that are none": lambda n: _body(
            f"query($v: [ID!]!) {{ {lists(n)} }}", v=[f"x{number:023}" for number in range(1000)]
        ),
        "one field again and again": lambda n: _body(f"{{ locations(first: 1) {{ {'nodes { id } ' * n} }} }}"),
        "fragments beside each other": lambda n: _body(
            f"{{ {' '.join(f'...F{number}' for number in range(n))} }}"
            + " ".join(f"fragment F{number} on Query {{ a{number}: __typename }}" for number in range(n))
        ),
        "fields with directives": lambda n: _body(f"{{ {typenames(n)} }}"),
        "operations of which one runs": lambda n: json.dumps(
            {
                "query": f"#{MARK}\n" + " ".join(f"query q{number} {{ __typename }}" for number in range(n)),
                "operationName": "q0",
            }
        ).encode(),
        "variables that nothing uses": lambda n: _body(
            f"query({' '.join(f'$v{number}: Int' for number in range(n))}) {{ __typename }}"
        ),
        "an input of unknown fields": lambda n: _body(
            f"{{ locations(filter: {{ {' '.join(f'a{number}: 1' for number in range(n))} }}) {{ totalCount }} }}"
        ),
        "a long text in a document": lambda n: _body(f'{{ node(id: "{"x" * 10 * n}") {{ id }} }}'),
        "many ids that are none": lambda n: _body("query($v: [ID!]!) { nodes(ids: $v) { id } }", v=["x"] * n),
        "a long search": lambda n: _body("query($v: String) { marketplaceProfiles(search: $v) { totalCount } }", v="ab " * n),
        "many keys of JSON": lambda n: json.dumps(
            {"query": "{ __typename }", "extensions": dict.fromkeys(map(str, range(n * 5)))}
        ).encode(),
        "deep lists of JSON": lambda n: b'{"query": "{ __typename }", "variables": {"v": ' + b"[" * n + b"]" * n + b"}}",
        "many inquiries": lambda n: _body(
            "mutation { "
            + _aliases(
                'sendInquiry(input: {slug: "x", email: "a@b.example", name: "A", message: "M"}) { userErrors { code } }'
            )(n)
            + " }"
        ),
    }


def measure(postgres: Embedded, cores: Cores, progress: Callable[[str], None], *, rounds: int) -> Abuse:
    """Run all attacks against a new gateway. Raises DidNotStart."""
    peer = peers()[GATEWAY]
    plan = Plan([peer], ["Q4"], rounds=1, seconds=1, every_viewer=False)
    databases, _ = asyncio.run(prepare(postgres, plan, progress, WORKLOAD))
    with running(peer, databases[GATEWAY], cores.server) as server:
        return Abuse(asyncio.run(_attacks(server, progress, rounds)))


async def _attacks(server: Running, progress: Callable[[str], None], rounds: int) -> list[Outcome]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=60, trust_env=False) as client:
        found = (await client.post("/graphql", json=HONEST)).json()["data"]["locations"]["nodes"]
        outcomes = []
        for name, family in families(found[0]["id"]).items():
            progress(f"abuse: {name}")
            body = family(await _largest(client, family))
            outcomes.append(await _beside(client, server, name, len(body), lambda body=body: _sent(client, body), rounds))  # type: ignore[misc]
        progress(f"abuse: {SOCKETS} sockets")
        outcomes.append(await _beside(client, server, f"{SOCKETS} sockets, opened and closed", 0, lambda: _sockets(server), 1))
    return outcomes


async def _largest(client: httpx.AsyncClient, family: Family) -> int:
    """Find the largest size of an attack that isn't refused, by bisection."""
    low, high = 1, LARGEST
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if await _is_answered(client, family(middle)) else (low, middle - 1)
    return low


async def _is_answered(client: httpx.AsyncClient, body: bytes) -> bool:
    try:
        response = await _sent(client, body)
    except httpx.TransportError:  # the gateway closes the connection while a body that is too large arrives
        return False
    return response.status_code not in REFUSED or INVALID in response.content


async def _sent(client: httpx.AsyncClient, body: bytes) -> httpx.Response:
    headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
    return await client.post("/graphql", content=body.replace(MARK.encode(), b"%08d" % next(NUMBERS)), headers=headers)


async def _sockets(server: Running) -> None:
    """Open many sockets, use one, and close them all."""

    async def one() -> None:
        async with connect(f"ws://127.0.0.1:{server.port}/graphql", subprotocols=[PROTOCOL], proxy=None) as socket:
            await socket.send('{"type": "connection_init"}')
            await socket.recv()

    await asyncio.gather(*(one() for _ in range(SOCKETS)))


async def _beside(
    client: httpx.AsyncClient, server: Running, name: str, size: int, attack: Callable[[], Any], rounds: int
) -> Outcome:
    """Repeat an attack. Measures its cost and the times of ordinary responses meanwhile."""
    waits: list[float] = []
    honest = asyncio.create_task(_honest(client, waits))
    before = cpu_ms(server.processes())
    for _ in range(rounds):
        await attack()
    spent = cpu_ms(server.processes()) - before
    honest.cancel()
    await asyncio.gather(honest, return_exceptions=True)
    return Outcome(name, size, spent / rounds, sorted(waits)[int(0.99 * (len(waits) - 1))] if waits else 0.0)


async def _honest(client: httpx.AsyncClient, waits: list[float]) -> None:
    """Alternate an ordinary query and `/livez` until cancelled, recording each time in milliseconds."""
    while True:
        for method, path, content in (("POST", "/graphql", HONEST), ("GET", "/livez", None)):
            start = time.perf_counter()
            await client.request(method, path, json=content)
            waits.append(1000 * (time.perf_counter() - start))
        await asyncio.sleep(PAUSE)
