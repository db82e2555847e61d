"""One event with many subscribers: how long until all who can read the port have it, what it costs, and the memory of a socket.

The subscribers are members of the workload's companies over real WebSockets, and each company's members share an answer. The same
gateway with recorded operations serves each subscriber alone: the ratios compare both within one run.
"""

from __future__ import annotations

import asyncio
import base64
import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from benchmarks.compare import Plan, prepare
from benchmarks.machine import Cores, cpu_ms, memory
from benchmarks.metrics import Timing, scrape, timing
from benchmarks.peers.registry import GATEWAY, peers
from benchmarks.peers.running import Running, free_port, running, settled
from benchmarks.targets import Verdict
from benchmarks.workload.database import KEY_FILE, Database
from benchmarks.workload.viewers import LIFETIME
from models import Membership, User
from models.database import connect
from models.embedded import Embedded
from settings import variable
from transport.authentication.tokens import Tokens

SUBSCRIPTION: Final = (
    "subscription { portUpdated { id name status monthlyRate { amount currency } location { id name } "
    "company { id tradingName } } }"
)
FILES: Final = 25_000  # file descriptors that 10,000 sockets and their tokens need on each side
AT_ONCE: Final = 50  # sockets that are opened at the same time
EVENTS: Final = 9
TOLD_SECONDS: Final = 0.5  # maximum until all are told
DECIDED_MS: Final = 5.0  # maximum to decide who gets the event
STEPS: Final = "crossgate_event_duration_seconds"
SHARED: Final = ("viewers", "decision", "answers")
ALONE: Final = "alone"
STATEMENTS: Final = "crossgate_statement_duration_seconds"
READS: Final = {"access": "read"}
MEMORY: Final = 300 * 1024 * 1024  # maximum of the process
DATABASE: Final = "fan_out_1"  # the workload's market, with more members; change the number when it changes
COMPANIES: Final = 300
MEMBERS: Final = 2_000
HEARING: Final = 150  # members of the port's company, and as many of its partner
READERS: Final = sa.text("""
    SELECT c.id, coalesce(c.id IN (p.company_id, p.partner_id), false) AS hears
    FROM company c LEFT JOIN port p ON p.id = :port WHERE c.account_kind IN ('DIRECT', 'PARTNER', 'MANAGED')
    ORDER BY 2 DESC, md5(c.id::text) LIMIT :companies
""")
KNOWN: Final = sa.text(
    "SELECT m.id, m.user_id FROM membership m JOIN app_user u ON u.id = m.user_id WHERE u.email LIKE :like ORDER BY u.email"
)
LIKE: Final = "member-%@workload.example"
PORT: Final = sa.text("""
    SELECT p.id FROM port p JOIN company c ON c.id = p.company_id WHERE c.partner_id IS NOT NULL ORDER BY p.id LIMIT 1
""")
RENAME: Final = sa.text("UPDATE port SET name = :name WHERE id = :port")


@dataclass(frozen=True, slots=True)
class FanOut:
    """An event with a number of subscribers. Times are medians.

    For all who share, `viewers_ms` is the time to compare the viewers' facts, `deciding_ms` to find who can read the row, and
    `answers_ms` to make what they get, before anything is sent. For each alone, `deciding_ms` is all of that for one subscriber.
    `decisions` says how many there were. `statements_ms` is the time of all statements that read for the event.
    """

    subscribers: int
    told: int
    seconds: float
    server_cpu_ms: float
    postgres_cpu_ms: float
    socket_bytes: int
    process_bytes: int
    viewers_ms: float
    deciding_ms: float
    answers_ms: float
    decisions: float
    statements_ms: float


@dataclass(frozen=True, slots=True)
class FanOuts:
    """The same event where subscribers share, and where each is served alone."""

    shared: FanOut
    alone: FanOut

    def verdicts(self) -> list[Verdict]:
        """The targets."""
        return [
            Verdict(
                f"one event, {self.shared.subscribers:,} subscribers: seconds until all are told",
                self.shared.seconds,
                TOLD_SECONDS,
            ),
            Verdict(
                f"one event, {self.shared.subscribers:,} subscribers: ms to decide who gets it",
                self.shared.deciding_ms,
                DECIDED_MS,
            ),
            Verdict("memory of the process, in 300 MB", self.shared.process_bytes / MEMORY, 1),
        ]

    def as_json(self) -> dict[str, object]:
        """Return the values for the results file."""
        return {"shared": asdict(self.shared), "alone": asdict(self.alone)}


def measure(postgres: Embedded, cores: Cores, progress: Callable[[str], None], *, subscribers: int) -> FanOuts:
    """Measure an event with this many subscribers. Raises DidNotStart."""
    peer = peers()[GATEWAY]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    plan = Plan([peer], ["Q4"], rounds=1, seconds=1, every_viewer=False)
    databases, _ = asyncio.run(prepare(postgres, plan, progress, DATABASE))
    database = databases[GATEWAY]
    many = str(2 * subscribers)
    limits = {f"max_{what}{of}": many for what in ("sockets", "subscriptions") for of in ("", "_per_peer", "_per_viewer")}
    extra = {variable(name): value for name, value in limits.items()} | {
        variable(name): many for name in ("max_connections", "max_connections_per_peer")
    }
    found = []
    with TemporaryDirectory() as directory:
        for sharing in (True, False):
            recorded = {} if sharing else {variable("record_operations"): str(Path(directory) / "operations.jsonl")}
            progress(f"fan-out: {subscribers:,} subscribers, {'sharing' if sharing else 'each alone'}")
            metrics_port = free_port()
            own = {variable("metrics_port"): str(metrics_port)}
            with running(peer, database, cores.server, extra | recorded | own) as server:
                found.append(asyncio.run(_measured(server, database, subscribers, metrics_port)))
    return FanOuts(*found)


async def _measured(server: Running, database: Database, subscribers: int, metrics_port: int) -> FanOut:
    engine = connect(database.url)
    async with engine.connect() as connection:
        port = (await connection.execute(PORT)).scalar_one()
        members = await _members(connection, port)
    tokens = Tokens.load(KEY_FILE)
    issued = [tokens.issue(member.user_id, member.id, LIFETIME) for member in members]
    audience = Audience(server.port, [issued[number % len(issued)] for number in range(subscribers)])
    before = memory(server.process)
    await audience.gather()
    await settled(server)
    after = memory(server.process)
    events, steps, read = [], [], []
    for _ in range(EVENTS):
        before_event = scrape(metrics_port)
        events.append(await _event(server, database, engine, audience, port))
        after_event = scrape(metrics_port)
        steps.append({step: _step(after_event, step) - _step(before_event, step) for step in (*SHARED, ALONE)})
        read.append(timing(after_event, STATEMENTS, READS) - timing(before_event, STATEMENTS, READS))
    audience.close()
    await engine.dispose()
    decided = [each["decision"] if each["decision"].count else each[ALONE] for each in steps]
    seconds, server_ms, postgres_ms, told = (sorted(column)[EVENTS // 2] for column in zip(*events, strict=True))
    return FanOut(
        subscribers,
        int(told),
        seconds,
        server_ms,
        postgres_ms,
        (after - before) // subscribers,
        memory(server.process),
        median(each["viewers"].mean_ms for each in steps),
        median(each.mean_ms for each in decided),
        median(each["answers"].mean_ms for each in steps),
        median(each.count for each in decided),
        1000 * median(each.seconds for each in read),
    )


def _step(metrics: str, step: str) -> Timing:
    return timing(metrics, STEPS, {"step": step})


async def _members(connection: AsyncConnection, port: object) -> Sequence[sa.Row[Any]]:
    """Return the members of many companies, who are created on first use."""
    if not (members := (await connection.execute(KNOWN, {"like": LIKE})).all()):
        companies = (await connection.execute(READERS, {"port": port, "companies": COMPANIES})).all()
        hearing = [each.id for each in companies if each.hears]
        others = [each.id for each in companies if not each.hears]
        number = HEARING * len(hearing)
        of = [hearing[each % len(hearing)] if each < number else others[each % len(others)] for each in range(MEMBERS)]
        users = [{"id": uuid4(), "email": LIKE.replace("%", f"{each:05}"), "name": "Member"} for each in range(MEMBERS)]
        await connection.execute(sa.insert(User), users)
        memberships = [
            {"id": uuid4(), "user_id": user["id"], "company_id": company, "roles": ["ACCOUNT_ADMIN"]}
            for user, company in zip(users, of, strict=True)
        ]
        await connection.execute(sa.insert(Membership), memberships)
        members = (await connection.execute(KNOWN, {"like": LIKE})).all()
    return members


async def _event(
    server: Running, database: Database, engine: AsyncEngine, audience: Audience, port: object
) -> tuple[float, float, float, float]:
    """Rename the port. Return the seconds until the last was told, the CPU of gateway and PostgreSQL, and how many were told."""
    told = audience.told
    cpu = cpu_ms(server.processes()), cpu_ms(database.processes())
    started = time.perf_counter()
    async with engine.connect() as connection:
        await connection.execute(RENAME, {"name": f"renamed {started}", "port": port})
    await settled(server)
    server_ms, postgres_ms = cpu_ms(server.processes()) - cpu[0], cpu_ms(database.processes()) - cpu[1]
    return max(0.0, audience.last - started), server_ms, postgres_ms, audience.told - told


class Audience:
    """Subscribers over WebSockets. `told` counts their events, and `last` is when the latest arrived."""

    def __init__(self, port: int, tokens: Sequence[str]) -> None:
        self._port = port
        self._tokens = tokens
        self._open: list[asyncio.BaseTransport] = []
        self.subscribed = 0
        self.told = 0
        self.last = 0.0

    async def gather(self) -> None:
        """Open all sockets and subscribe."""
        loop = asyncio.get_running_loop()
        for start in range(0, len(self._tokens), AT_ONCE):
            for token in self._tokens[start : start + AT_ONCE]:
                transport, _ = await loop.create_connection(partial(_Socket, self, self._port, token), "127.0.0.1", self._port)
                self._open.append(transport)
            while self.subscribed < len(self._open):  # noqa: ASYNC110 (sockets come one by one)
                await asyncio.sleep(0.005)

    def close(self) -> None:
        """Close all sockets."""
        for transport in self._open:
            transport.close()


class _Socket(asyncio.Protocol):
    """One WebSocket, with no more of the protocol than this needs."""

    def __init__(self, audience: Audience, port: int, token: str) -> None:
        self._audience = audience
        self._port = port
        self._token = token
        self._buffer = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake."""
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 (a TCP connection)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take the frames that have arrived."""
        self._buffer += data
        if not self._is_open:
            _, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self._is_open, self._buffer = True, rest
            self._send({"type": "connection_init", "payload": {"Authorization": f"Bearer {self._token}"}})
        while (frame := self._frame()) is not None:
            self._take(*frame)

    def _frame(self) -> tuple[int, bytes] | None:
        """Return the next frame's code and content, once it's complete."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(buffer[2:4], "big"), 4
        if len(buffer) < start + size:
            return None
        self._buffer = buffer[start + size :]
        return buffer[0] & 15, buffer[start : start + size]

    def _take(self, code: int, content: bytes) -> None:
        if code == 9:
            self._write(content, 10)
        if code != 1:
            return
        message = orjson.loads(content)
        if message["type"] == "connection_ack":
            self._send({"id": "1", "type": "subscribe", "payload": {"query": SUBSCRIPTION}})
            self._audience.subscribed += 1
        elif message["type"] == "next":
            self._audience.told += 1
            self._audience.last = time.perf_counter()

    def _send(self, message: object) -> None:
        self._write(orjson.dumps(message), 1)

    def _write(self, content: bytes, code: int) -> None:
        """Write a frame. A mask of zeros leaves the content as it is."""
        size = len(content)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
        self._transport.write(bytes([0x80 | code]) + length + bytes(4) + content)
