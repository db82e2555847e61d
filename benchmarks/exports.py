"""What an export costs the worker: rows per second, CPU per row, and memory. Both must not grow with the number of rows.

For each format, a new worker writes an export, and then one of ten times as many rows, while nothing else runs. The gateway then
sends the larger file.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.compare import Plan, prepare
from benchmarks.growth import LINEAR
from benchmarks.machine import Cores, cpu_ms, family, forget_peak_memory, memory, peak_memory
from benchmarks.metrics import Timing, scrape, timing
from benchmarks.peers.registry import GATEWAY, peers
from benchmarks.peers.running import Running, free_port, running, started
from benchmarks.targets import Verdict
from benchmarks.workload.database import KEY_FILE, Database
from benchmarks.workload.queries import Query
from benchmarks.workload.viewers import DIRECT, Bearer, bearers, email
from models import Membership, User
from models.database import connect, transaction
from models.embedded import Embedded
from models.export import ExportFormat
from settings import variable

DATABASE: Final = "exports_1"  # the workload's market, with more ports; change the number when it changes
TIMES: Final = 10  # as many rows in the larger export
MEMORY_GROWTH: Final = 1.5  # maximum memory of the larger export, as a multiple of the smaller one's
LEAST_MEMORY: Final = 4 * 1024 * 1024  # below this, the difference of two exports is the allocator's
PATIENCE: Final = 600  # seconds until an unfinished export fails the measurement
POLL: Final = 0.2  # seconds between two looks at an unfinished export
JOBS: Final = "crossgate_job_duration_seconds"
DONE: Final = {"queue": "exports", "result": "done"}
MAIL_SERVER: Final = "smtp://127.0.0.1:9"  # the worker wants one, and sends nothing
EXPORTED: Final = (
    "{ ports { nodes { id name speedMbps status createdAt monthlyRate { amount currency } location { name metro } } } }"
)
START: Final = """mutation startExport($input: StartExportInput!) {
  startExport(input: $input) { export { id } userErrors { code } }
}"""
STATE: Final = """query export($id: ID!) {
  node(id: $id) { ... on Export { status errorCode rowCount byteSize url } }
}"""
UNFINISHED: Final = ("QUEUED", "RUNNING")
COMPANY: Final = sa.text("""
    SELECT c.id FROM company c WHERE c.account_kind = 'DIRECT' AND NOT EXISTS (SELECT FROM membership m WHERE m.company_id = c.id)
    ORDER BY c.id LIMIT 1
""")
COLUMNS: Final = "location_id, name, speed_mbps, term_months, status, visibility, monthly_rate, setup_fee, currency, created_at"
MORE_PORTS: Final = sa.text(f"""
    INSERT INTO port (id, company_id, {COLUMNS}) SELECT uuidv7(), :company, {COLUMNS}
    FROM (SELECT * FROM port ORDER BY id LIMIT 10000) copied, generate_series(0, :rows / 10000)
    LIMIT :rows - (SELECT count(*) FROM port WHERE company_id = :company)
""")  # noqa: S608 (the columns are ours)

Progress = Callable[[str], None]


class ExportFailed(Exception):
    """An export wasn't written. The message has its state."""


@dataclass(frozen=True, slots=True)
class Export:
    """A written export. `memory_bytes` is the worker's peak above its idle memory; CPU and seconds are of the worker's jobs."""

    format: str
    rows: int
    seconds: float
    cpu_ms: float
    postgres_cpu_ms: float
    memory_bytes: int
    size_bytes: int
    download_seconds: float

    @property
    def per_second(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds

    @property
    def row_us(self) -> float:
        """CPU of worker and PostgreSQL per row, in microseconds."""
        return 1000 * (self.cpu_ms + self.postgres_cpu_ms) / self.rows


@dataclass(frozen=True, slots=True)
class Exports:
    """The exports, of each format first the smaller one."""

    written: list[Export] = field(default_factory=list)

    def verdicts(self) -> list[Verdict]:
        """Compare the memory of both exports of each format, and the CPU of their rows."""
        pairs = list(zip(self.written[::2], self.written[1::2], strict=True))
        by_memory = [
            Verdict(
                f"{large.format}: memory of an export of {large.rows:,} rows, over {small.rows:,}",
                large.memory_bytes / max(small.memory_bytes, LEAST_MEMORY),
                MEMORY_GROWTH,
            )
            for small, large in pairs
        ]
        return by_memory + [
            Verdict(
                f"{large.format}: CPU of a row of {large.rows:,}, over a row of {small.rows:,}",
                large.row_us / small.row_us,
                LINEAR,
            )
            for small, large in pairs
        ]

    def as_json(self) -> list[dict[str, object]]:
        """Return the values for the results file."""
        return [asdict(each) | {"row_us": round(each.row_us, 3)} for each in self.written]


def measure(postgres: Embedded, cores: Cores, progress: Progress, *, rows: int, name: str = DATABASE) -> Exports:
    """Measure exports of `rows` rows and of a tenth of them. Raises DidNotStart, ExportFailed."""
    peer = peers()[GATEWAY]
    databases, _ = asyncio.run(prepare(postgres, Plan([peer], [], rounds=1, seconds=1), progress, name))
    database, sizes = databases[GATEWAY], (rows // TIMES, rows)
    progress(f"exports: making {rows:,} ports")
    who = asyncio.run(_exporters(database, sizes))
    found = Exports()
    with running(peer, database, cores.server) as server:
        for kind in ExportFormat:
            with _worker(peer.variables(database, server.port), cores) as worker:
                write(server, worker, database, who[DIRECT], kind)  # the worker builds what it writes exports with
                idle = memory(worker.process)
                for size in sizes:
                    progress(f"exports: {size:,} rows as {kind}")
                    found.written.append(write(server, worker, database, who[exporter(size)], kind, idle))
    return found


@dataclass(frozen=True, slots=True)
class Worker:
    """A running worker."""

    process: int
    metrics_port: int

    def jobs(self) -> Timing:
        """Return the jobs that wrote exports so far."""
        return timing(scrape(self.metrics_port), JOBS, DONE)


def write(
    server: Running, worker: Worker, database: Database, viewer: Bearer, kind: ExportFormat, idle_bytes: int = 0
) -> Export:
    """Export a viewer's ports, and download the file. Raises ExportFailed."""
    forget_peak_memory(worker.process)
    before, jobs = (cpu_ms(family(worker.process)), cpu_ms(database.processes())), worker.jobs()
    started_export = ask(server, viewer, "startExport", START, input={"query": EXPORTED, "format": kind.value})["startExport"]
    if started_export["export"] is None:
        raise ExportFailed(str(started_export))
    state = _finished(server, viewer, started_export["export"]["id"])
    spent = cpu_ms(family(worker.process)) - before[0], cpu_ms(database.processes()) - before[1]
    peak, wrote = peak_memory(worker.process), worker.jobs() - jobs
    return Export(
        format=kind.value,
        rows=state["rowCount"],
        seconds=wrote.seconds,
        cpu_ms=spent[0],
        postgres_cpu_ms=spent[1],
        memory_bytes=peak - idle_bytes,
        size_bytes=state["byteSize"],
        download_seconds=_download(server, state["url"], state["byteSize"]),
    )


def ask(server: Running, viewer: Bearer, name: str, document: str, **variables: Any) -> Any:
    """Send an operation, and return its data. Raises ExportFailed if it has none."""
    answer = json.loads(server.ask(Query(name, document, variables, ()), viewer))
    if not answer.get("data"):
        raise ExportFailed(str(answer))
    return answer["data"]


def exporter(rows: int) -> str:
    """Return the name of the viewer with this many ports."""
    return f"exporter-{rows}"


def _finished(server: Running, viewer: Bearer, export: str) -> dict[str, Any]:
    """Wait until an export is written, and return its state. Raises ExportFailed."""
    deadline = time.monotonic() + PATIENCE
    while True:
        state: dict[str, Any] = ask(server, viewer, "export", STATE, id=export)["node"]
        if state["status"] == "COMPLETED":
            return state
        if state["status"] not in UNFINISHED or time.monotonic() > deadline:
            raise ExportFailed(str(state))
        time.sleep(POLL)


def _download(server: Running, url: str, size: int) -> float:
    """Download a file, and return how many seconds it took. Raises ExportFailed if it has another size."""
    parts = urlsplit(url)
    start = time.perf_counter()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{parts.path}?{parts.query}") as response:
        received = len(response.read())
    if received != size:
        raise ExportFailed(f"{received} bytes of {size} were sent")
    return time.perf_counter() - start


@contextmanager
def _worker(variables: dict[str, str], cores: Cores) -> Iterator[Worker]:
    """Run a worker on the gateway's core, which is idle meanwhile."""
    port = free_port()
    own = {variable("metrics_port"): str(port), variable("smtp_url"): MAIL_SERVER}
    command = [sys.executable, "-m", "commands", "worker"]
    with started("worker", command, {**variables, **own}, port, {cores.server}) as process:
        yield Worker(process.pid, port)


async def _exporters(database: Database, sizes: Sequence[int]) -> dict[str, Bearer]:
    """Return viewers by name: one for each number of ports, and a direct company's. Users and ports are created on first use."""
    engine = connect(database.url)
    async with transaction(engine) as session:
        connection = await session.connection()
        await connection.execute(sa.text("SET LOCAL crossgate.silent = 'on'"))
        for rows in sizes:
            if not await connection.scalar(sa.select(sa.exists().where(User.email == email(exporter(rows))))):
                await _add_exporter(connection, rows)
    async with engine.connect() as connection:
        await connection.execute(sa.text("VACUUM (ANALYZE) port, export, export_part"))
    found = await bearers(engine, KEY_FILE, (DIRECT, *map(exporter, sizes)))
    await engine.dispose()
    return found


async def _add_exporter(connection: AsyncConnection, rows: int) -> None:
    """Give a direct company a user and this many ports."""
    company, user = await connection.scalar(COMPANY), uuid4()
    await connection.execute(sa.insert(User), [{"id": user, "email": email(exporter(rows)), "name": "Exporter"}])
    member = {"user_id": user, "company_id": company, "roles": ["ACCOUNT_ADMIN"]}
    await connection.execute(sa.insert(Membership), [member])
    await connection.execute(MORE_PORTS, {"company": company, "rows": rows})
