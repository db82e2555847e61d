"""What writes cost: a sign-in by email and password, and a change of a port, next to the smallest query of the workload.

Each connection has a user and a port of its own, so that no request waits for the row of another one. The ratios compare costs of
the same run: a sign-in with the comparison of its password alone, and the mutation with the query.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from argon2 import PasswordHasher

from benchmarks.compare import Case, Plan, prepare
from benchmarks.figures import Sample, medians, ratio
from benchmarks.load.client import load
from benchmarks.load.job import COUNTED, Job
from benchmarks.machine import Cores
from benchmarks.peers.registry import GATEWAY, peers
from benchmarks.peers.running import Running, running
from benchmarks.sampling import job, sample
from benchmarks.targets import Verdict
from benchmarks.workload.database import Database
from benchmarks.workload.queries import Query
from benchmarks.workload.viewers import ANONYMOUS, PARTNER, Bearer, email
from models import Membership, User
from models.database import connect
from models.embedded import Embedded
from resolvers.identity.passwords import MEMORY_COST, TIME_COST
from resolvers.values.identifiers import Identifier

SIGN_IN: Final = "signIn"
MUTATION: Final = "updatePort"
QUERY: Final = "Q4"
CONNECTIONS: Final = (1, 16)
DATABASE: Final = "writes_1"  # the workload's market, which this changes; change the number when it changes
PASSWORD: Final = "carrier pigeons over fibre"  # noqa: S105 (of the benchmark's own users)
HASHES: Final = 5  # comparisons of the password per round
# Two transactions, each a quarter of the hash, count the attempt and start the session. A second hash would miss this.
SIGN_IN_OVER_HASH: Final = 1.75
MUTATION_OVER_QUERY: Final = 20.0  # about twice what it is: it runs in a transaction, with checks, an audit event and a change
NO_ERRORS: Final = '"userErrors":[]'
SIGN_IN_DOCUMENT: Final = """mutation signIn($input: SignInInput!) {
  signIn(input: $input) { tokens { accessToken refreshToken } userErrors { code } }
}"""
UPDATE_DOCUMENT: Final = """mutation updatePort($input: UpdatePortInput!) {
  updatePort(input: $input) { port { id name version } userErrors { code } }
}"""
PORTS: Final = sa.text("""
    SELECT p.id FROM port p JOIN membership m ON m.company_id = p.company_id JOIN app_user u ON u.id = m.user_id
    WHERE u.email = :email ORDER BY p.id LIMIT :count
""")
COMPANY: Final = sa.text("SELECT m.company_id FROM membership m JOIN app_user u ON u.id = m.user_id WHERE u.email = :email")
STARTED_AGAIN: Final = sa.text("UPDATE port SET version = :version WHERE id = ANY(:ports)")
VACUUMED: Final = sa.text("VACUUM port, session, sign_in_attempt")

Progress = Callable[[str], None]


@dataclass(slots=True)
class Writes:
    """Samples by request and number of connections, and the CPU milliseconds of each round's comparisons of a password."""

    samples: dict[tuple[str, int], list[Sample]] = field(default_factory=dict)
    hash_ms: list[float] = field(default_factory=list)

    @property
    def sign_in_ratio(self) -> float:
        """The gateway's CPU of a sign-in over one connection, divided by that of comparing its password."""
        cpu = [each.server_cpu_ms for each in self.samples[SIGN_IN, 1]]
        return median(one / other for one, other in zip(cpu, self.hash_ms, strict=True))

    @property
    def mutation_ratio(self) -> float:
        """The CPU of the mutation over one connection, PostgreSQL's included, divided by that of the query."""
        return ratio(self.samples[MUTATION, 1], self.samples[QUERY, 1], "cpu_ms") or 0.0

    def verdicts(self) -> list[Verdict]:
        """Both targets."""
        return [
            Verdict("signIn: server CPU, over comparing the password", self.sign_in_ratio, SIGN_IN_OVER_HASH),
            Verdict(f"{MUTATION}: CPU, over {QUERY}", self.mutation_ratio, MUTATION_OVER_QUERY),
        ]

    def as_json(self) -> dict[str, object]:
        """Return the values for the results file."""
        rows = [
            {"request": request, "connections": connections, **medians(samples)}
            for (request, connections), samples in self.samples.items()
        ]
        return {"figures": rows, "hash_ms": round(median(self.hash_ms), 3)}


def measure(
    postgres: Embedded, cores: Cores, progress: Progress, *, rounds: int, seconds: float, name: str = DATABASE
) -> Writes:
    """Measure each request in each round, `seconds` at a time. Raises DidNotStart, LoadFailed."""
    peer = peers()[GATEWAY]
    plan = Plan([peer], [QUERY], rounds=rounds, seconds=seconds, every_viewer=False)
    databases, (case,) = asyncio.run(prepare(postgres, plan, progress, name))
    database = databases[GATEWAY]
    ports = asyncio.run(_prepared(database))
    found, hashed = Writes(), hasher().hash(PASSWORD)
    with running(peer, database, cores.server) as server, load(cores.rest) as loading:
        for number in range(-1, rounds):  # the first warms up
            progress(f"writes: round {number + 1} of {rounds}")
            for connections in CONNECTIONS:
                for request, asked in jobs(server, case, ports, connections, seconds if number >= 0 else 0).items():
                    asyncio.run(_start_again(database, ports))
                    taken = sample(loading, server, database, asked)
                    if number >= 0:
                        found.samples.setdefault((request, connections), []).append(taken)
            if number >= 0:
                found.hash_ms.append(hash_ms(hashed))
    return found


def jobs(server: Running, case: Case, ports: Sequence[UUID], connections: int, seconds: float) -> dict[str, Job]:
    """Return the jobs by request: the query, the mutation and the sign-in."""
    partner, visitor = case.viewer, Bearer(ANONYMOUS)
    updates = [update(port) for port in ports]
    sign_ins = [sign_in(number) for number in range(len(ports))]

    def write(queries: Sequence[Query], viewer: Bearer) -> Job:
        asked = job(server, queries[0], viewer, connections=connections, seconds=seconds, at_least=2 * connections)
        return replace(asked, bodies=[server.peer.body(query) for query in queries], containing=NO_ERRORS)

    return {
        QUERY: job(server, case.query, partner, connections=connections, seconds=seconds, at_least=2 * connections),
        MUTATION: write(updates, partner),
        SIGN_IN: write(sign_ins, visitor),
    }


def update(port: UUID) -> Query:
    """Return the mutation that renames a port. Each time it's sent, it has the next version and another name."""
    values: dict[str, Any] = {"id": str(Identifier("Port", port)), "version": COUNTED, "name": f"Core {COUNTED}"}
    return Query(MUTATION, UPDATE_DOCUMENT, {"input": values}, (PARTNER,))


def sign_in(number: int) -> Query:
    """Return the sign-in of a user by its number."""
    return Query(SIGN_IN, SIGN_IN_DOCUMENT, {"input": {"email": email(f"writer-{number:02}"), "password": PASSWORD}}, ())


def hasher() -> PasswordHasher:
    """Return what compares passwords as the gateway does."""
    return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_COST, parallelism=1)


def hash_ms(hashed: str) -> float:
    """Return the CPU milliseconds of one comparison of the password with its hash."""
    comparing, start = hasher(), time.process_time()
    for _ in range(HASHES):
        comparing.verify(hashed, PASSWORD)
    return 1000 * (time.process_time() - start) / HASHES


async def _prepared(database: Database) -> list[UUID]:
    """Return a port for each connection. The users are created on first use."""
    count, engine = max(CONNECTIONS), connect(database.url)
    async with engine.connect() as connection:
        ports = list(await connection.scalars(PORTS, {"email": email(PARTNER), "count": count}))
        first = sign_in(0).variables["input"]["email"]
        if not await connection.scalar(sa.select(sa.exists().where(User.email == first))):
            company = await connection.scalar(COMPANY, {"email": email(PARTNER)})
            hashed = hasher().hash(PASSWORD)
            addresses = [sign_in(number).variables["input"]["email"] for number in range(count)]
            users = [{"id": uuid4(), "email": each, "name": "Writer", "password_hash": hashed} for each in addresses]
            await connection.execute(sa.insert(User), users)
            members = [{"user_id": user["id"], "company_id": company, "roles": ["NETWORK_ADMIN"]} for user in users]
            await connection.execute(sa.insert(Membership), members)
    await engine.dispose()
    return ports


async def _start_again(database: Database, ports: Sequence[UUID]) -> None:
    """Give the ports the version that the first mutations name, and remove what earlier ones left behind."""
    engine = connect(database.url)
    async with engine.connect() as connection:
        await connection.execute(STARTED_AGAIN, {"version": COUNTED, "ports": list(ports)})
        await connection.execute(VACUUMED)
    await engine.dispose()
