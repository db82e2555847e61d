"""`python -m benchmarks.cluster`, or `make cluster`: kill the primary of a real cluster while ports are ordered, and count.

Progress goes to standard error, and the logs of all processes to .data/cluster/logs. Exits with 1 if an acknowledged order was lost
or carried out twice, and with 2 if a program is missing or the cluster doesn't run.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import sqlalchemy as sa
import typer

from benchmarks.cluster.cluster import Cluster, ClusterFailed, Progress, stopping, stored_under
from benchmarks.cluster.orders import PREFIX, Load, Refused
from benchmarks.cluster.outcome import Kill, Outcome, Stored
from benchmarks.cluster.programs import Missing, found
from commands.demo.filling import fill
from commands.demo.scales import DemoScale
from commands.work.token import issue
from models.database import connect, upgrade
from resolvers.values.identifiers import Identifier
from transport.authentication.tokens import Tokens

DIRECTORY: Final = Path(__file__).parents[2] / ".data" / "cluster"
BUYERS: Final = sa.text("""
    SELECT DISTINCT ON (c.id) u.email FROM membership m JOIN app_user u ON u.id = m.user_id JOIN company c ON c.id = m.company_id
    WHERE 'NETWORK_ADMIN' = ANY (m.roles) AND c.account_kind = 'DIRECT' AND c.verification_status = 'VERIFIED'
    ORDER BY c.id, m.id LIMIT 20
""")
QUIET: Final = 10.0  # seconds of load before the first kill, and after each recovery
DEAD: Final = 5.0  # seconds until a killed node starts again, once orders are acknowledged without it
PATIENCE: Final = 120.0  # seconds for a recovery
LIFETIME: Final = 24 * 60 * 60  # of the token, in seconds

_Program = Annotated[Path | None, typer.Option(help="The program, if it isn't in PATH.", exists=True, dir_okay=False)]


def main(
    kills: Annotated[int, typer.Option(min=0, max=100, help="How often the primary is killed.")] = 3,
    per_minute: Annotated[int, typer.Option(min=1, max=6000, help="Orders per minute.")] = 200,
    etcd: _Program = None,
    patroni: _Program = None,
    haproxy: _Program = None,
    pgbouncer: _Program = None,
    directory: Annotated[Path, typer.Option(help="For the cluster's files and logs. It's emptied first.")] = DIRECTORY,
) -> None:
    """Start three Patroni nodes, etcd, HAProxy, PgBouncer and two gateways, order ports, and kill the primary meanwhile."""
    try:
        paths = found({"etcd": etcd, "patroni": patroni, "haproxy": haproxy, "pgbouncer": pgbouncer})
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is stopped
        with stopping(Cluster(directory.absolute(), paths, progress)) as cluster:
            outcome = asyncio.run(_played(cluster, kills, per_minute))
    except Missing as missing:
        typer.echo(str(missing), err=True)
        sys.exit(2)
    except (ClusterFailed, Refused) as failed:
        typer.echo(f"{failed} (logs: {directory / 'logs'})", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    typer.echo("\n".join(outcome.lines()))
    sys.exit(bool(outcome.lost or outcome.repeated or outcome.unacknowledged))


async def _played(cluster: Cluster, kills: int, per_minute: int) -> Outcome:
    try:
        return await play(cluster, kills, per_minute, progress)
    finally:
        cluster.give_up()  # Ctrl-C would wait for threads that wait


async def play(cluster: Cluster, kills: int, per_minute: int, progress: Progress) -> Outcome:
    """Run the cluster under load, kill its primary, and return what was seen. Raises ClusterFailed, Refused."""
    await asyncio.to_thread(cluster.start_database)
    progress("filling the database through PgBouncer")
    tokens = await _fill(cluster)
    await asyncio.to_thread(cluster.start_gateways)
    load, done = Load(cluster.gateways, cluster.metrics, tokens), list[Kill]()
    progress(f"ordering {per_minute} ports a minute")
    running = asyncio.create_task(load.run(per_minute))
    killing = asyncio.create_task(_kill_repeatedly(cluster, load, kills, done, progress))
    try:
        await asyncio.wait([running, killing], return_when=asyncio.FIRST_COMPLETED)
        load.stop()
        await asyncio.wait_for(asyncio.gather(running, killing), PATIENCE)
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    except TimeoutError:
        raise ClusterFailed(f"{len(Outcome(load.orders, [], {}, [], [], 0).unacknowledged)} orders wait in vain") from None
    finally:
        running.cancel()
        killing.cancel()
    end = load.now
    progress("comparing orders with the database")
    rows = await asyncio.to_thread(stored_under, cluster, PREFIX)
    stored = {name: Stored(tuple(map(_id_of, keys)), events) for name, (keys, events) in rows.items()}
    return Outcome(load.orders, done, stored, load.reads, load.listening, end)


async def _kill_repeatedly(cluster: Cluster, load: Load, kills: int, done: list[Kill], progress: Progress) -> None:
    await load.started.wait()
    await asyncio.sleep(QUIET)
    for number in range(1, kills + 1):
        leader = cluster.leader()
        if leader is None:
            raise ClusterFailed("no node leads")
        progress(f"kill {number} of {kills}: {leader.name}, after {len(load.orders)} orders")
        killed = load.now
        await asyncio.to_thread(cluster.kill, leader)
        done.append(Kill(leader.name, killed))
        await _until_another_leads(cluster, load, leader.name, done, progress)
        await _until_acknowledged(load, progress)
        await asyncio.sleep(DEAD)
        cluster.revive(leader)
        progress(f"{leader.name} starts again")
        await asyncio.to_thread(cluster.wait_until_whole)
        await asyncio.sleep(QUIET)


async def _until_another_leads(cluster: Cluster, load: Load, before: str, done: list[Kill], progress: Progress) -> None:
    async with asyncio.timeout(PATIENCE):
        while (successor := await asyncio.to_thread(cluster.leader)) is None or successor.name == before:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    done[-1] = Kill(before, done[-1].at, successor.name, load.now)
    progress(f"{successor.name} leads after {load.now - done[-1].at:.1f} s")


async def _until_acknowledged(load: Load, progress: Progress) -> None:
    """Wait until an order that was sent from now on is acknowledged."""
    began = load.now
    async with asyncio.timeout(PATIENCE):
        while not any(order.sent > began and order.acknowledged is not None for order in load.orders):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    progress("orders are acknowledged again")


async def _fill(cluster: Cluster) -> list[str]:
    """Migrate and fill the database through PgBouncer. Returns a token for a buyer of each of some companies."""
    engine = connect(cluster.pooled)
    try:
        await upgrade(engine)
        await fill(engine, DemoScale.SMALL)
        async with engine.connect() as connection:
            buyers = (await connection.execute(BUYERS)).scalars().all()
        tokens = Tokens.load(cluster.key_file)
        return [await issue(engine, tokens, email, LIFETIME) for email in buyers]
    finally:
        await engine.dispose()


def _id_of(key: str) -> str:
    return str(Identifier("Port", UUID(key)))


def progress(what: str) -> None:
    """Print a progress message to standard error."""
    typer.echo(what, err=True)


if __name__ == "__main__":
    typer.run(main)
