"""What the ways to send requests cost: documents by name, batches and compression, each against the plain way.

Both sides run alternately in this process on the same database. Figures are CPU time of this process, client included.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx

import server
from benchmarks.overhead import Run, alternate
from benchmarks.targets import Verdict
from benchmarks.workload.queries import Q1, Q2, Q3, Q4
from resolvers.reading.viewers import find_member
from settings import Settings

VIEWER: Final = "admin@partner.example"
DOCUMENTS: Final = {"Q1": Q1, "Q2": Q2, "Q3": Q3, "Q4": Q4}
PAGE: Final = 20
LARGE_PAGE: Final = 1000
BATCH: Final = 10
BITS_PER_MS: Final = 10_000  # a connection of 10 Mbit/s
NOT_SLOWER: Final = 1.05  # a twentieth is noise


@dataclass(frozen=True, slots=True)
class Result:
    """What was compared: the cost of one way divided by that of the other, and the most that it may be."""

    what: str
    ratio: float
    allowed: float

    @property
    def verdict(self) -> Verdict:
        """Whether the ratio is within its limit."""
        return Verdict(self.what, self.ratio, self.allowed)

    def as_json(self) -> dict[str, object]:
        """Return the values for the results file."""
        return asdict(self) | {"ratio": round(self.ratio, 3)}


@dataclass(frozen=True, slots=True)
class Sender:
    """A client that sends requests as one viewer."""

    client: httpx.AsyncClient
    token: str

    async def send(self, body: Any, encoding: str = "identity") -> httpx.Response:
        """Post a body. Raises AssertionError if the gateway refuses it."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Encoding": encoding}
        response = await self.client.post("/graphql", json=body, headers=headers)
        assert response.status_code == 200, response.text  # noqa: S101 (a wrong benchmark measures nothing)
        return response

    async def several(self, bodies: list[Any]) -> None:
        """Post bodies one after another."""
        for body in bodies:
            await self.send(body)


async def measure(url: str, data_dir: Path, *, rounds: int, progress: Callable[[str], None]) -> list[Result]:
    """Compare all ways."""
    manifest = data_dir / "manifest.json"
    manifest.write_text(json.dumps(DOCUMENTS), "utf-8")
    settings = Settings(
        data_dir=data_dir, database_url=url, log_level="ERROR", cost_per_viewer=10**12, trusted_documents_file=manifest
    )
    app = server.build(settings)
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            member = await find_member(app.state.services.engine, VIEWER)
            assert member is not None  # noqa: S101 (the market has it)
            sender = Sender(client, app.state.tokens.issue(member.user_id, member.membership_id, 3600))
            found = (await sender.send({"query": "{ marketplacePorts(first: 1) { nodes { id } } }"})).json()
            gc.freeze()  # what exists by now lives on: collecting it before every run takes most of the time
            variables = {"first": PAGE, "id": found["data"]["marketplacePorts"]["nodes"][0]["id"]}
            results = await _documents(sender, variables, rounds, progress)
            return [*results, await _batch(sender, variables, rounds, progress), *await _compression(sender, rounds, progress)]
    finally:
        await app.state.services.close()


async def _documents(sender: Sender, variables: dict[str, Any], rounds: int, progress: Callable[[str], None]) -> list[Result]:
    """Compare trusted documents, by their ID and by their hash, with their texts."""
    results = []
    for name, text in DOCUMENTS.items():
        progress(f"documents by name: {name}")
        plain = partial(sender.send, {"query": text, "variables": variables})
        for how, naming in (("ID", name), ("hash", f"sha256:{sha256(text.encode()).hexdigest()}")):
            named = partial(sender.send, {"documentId": naming, "variables": variables})
            ratio = await _cpu_ratio(named, plain, rounds)
            results.append(Result(f"{name} as a trusted document by its {how}, over its text", ratio, NOT_SLOWER))
    return results


async def _batch(sender: Sender, variables: dict[str, Any], rounds: int, progress: Callable[[str], None]) -> Result:
    """Compare a batch of single objects with as many requests."""
    progress(f"a batch of {BATCH}")
    bodies = [{"query": Q4, "variables": variables}] * BATCH
    ratio = await _cpu_ratio(partial(sender.send, bodies), partial(sender.several, bodies), rounds)
    return Result(f"a batch of {BATCH} times Q4, over {BATCH} requests", ratio, 1)


async def _compression(sender: Sender, rounds: int, progress: Callable[[str], None]) -> list[Result]:
    """Compare the CPU time that compression takes with the time that it saves at 10 Mbit/s."""
    results = []
    for page in (PAGE, LARGE_PAGE):
        body = {"query": Q1, "variables": {"first": page}}
        plain = len((await sender.send(body)).content)
        for encoding in ("br", "gzip"):
            progress(f"{encoding} of {page} ports")
            compressed = int((await sender.send(body, encoding)).headers["Content-Length"])
            saved = (plain - compressed) * 8 / BITS_PER_MS
            runs = partial(_discarding, sender, body, encoding), partial(_discarding, sender, body, "identity")
            times = await alternate(*runs, rounds, time.process_time)
            spent = 1000 * max(0.0, median(times[0]) - median(times[1]))
            what = f"{encoding} of {page} ports ({plain:,} bytes to {compressed:,}): CPU time, over time saved at 10 Mbit/s"
            results.append(Result(what, spent / saved, 1))
    return results


async def _discarding(sender: Sender, body: Any, encoding: str) -> None:
    """Send a request without decoding the response: that's the client's time."""
    headers = {"Authorization": f"Bearer {sender.token}", "Accept-Encoding": encoding}
    async with sender.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        async for _part in response.aiter_raw():
            pass


async def _cpu_ratio(first: Run, second: Run, rounds: int) -> float:
    times = await alternate(first, second, rounds, time.process_time)
    return median(times[0]) / median(times[1])
