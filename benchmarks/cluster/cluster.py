"""The running cluster: who leads it, whether it's whole, and how to kill a node and start it again."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks.cluster import configuration
from benchmarks.cluster.configuration import HOST, NAME, Node, Passwords, Ports, url
from benchmarks.cluster.processes import Process, kill_family
from benchmarks.peers.running import ROOT, free_port
from models.embedded import hand_over, programs
from settings import variable

NODES: Final = 3
GATEWAYS: Final = 2
WHOLE_SECONDS: Final = 180  # for all nodes to run and stream
REST_SECONDS: Final = 2
WORKING: Final = ("running", "streaming")  # the second since Patroni 3.0.4

Progress = Callable[[str], None]


class ClusterFailed(Exception):
    """The cluster didn't get as far as it should. The message names the logs."""


class Cluster:
    """All processes, from `start` to `stop`."""

    def __init__(self, directory: Path, paths: Mapping[str, Path], progress: Progress) -> None:
        self._directory = directory
        self._paths = paths
        self._progress = progress
        self.passwords = Passwords(*(secrets.token_hex(16) for _ in range(3)))
        self.ports = Ports(*(free_port() for _ in range(4)))
        self.nodes = [Node(f"node{n}", free_port(), free_port(), directory / f"node{n}") for n in range(1, NODES + 1)]
        self.gateways = [f"http://{HOST}:{free_port()}" for _ in range(GATEWAYS)]
        self.metrics = [f"http://{HOST}:{free_port()}" for _ in range(GATEWAYS)]
        self.key_file = directory / "signing-key.pem"
        self._stack = ExitStack()
        self._patroni: dict[str, Process] = {}
        self._given_up = False

    @property
    def logs(self) -> Path:
        """The directory of all logs."""
        return self._directory / "logs"

    @property
    def pooled(self) -> str:
        """The database's URL by way of PgBouncer."""
        return url(self.ports.pooler, self.passwords)

    @property
    def direct(self) -> str:
        """The database's URL without PgBouncer."""
        return url(self.ports.primary, self.passwords)

    def start_database(self) -> None:
        """Start everything but the gateways, with an empty database. Raises ClusterFailed."""
        self._prepare()
        self._run("etcd", [str(self._paths["etcd"]), *configuration.etcd(self.ports, self._folder("etcd"))])
        for node in self.nodes:
            file = self._file(f"{node.name}.yml", configuration.patroni(node, self.ports, self.passwords, programs()))
            self._patroni[node.name] = self._run(node.name, [str(self._paths["patroni"]), str(file)])
        haproxy = self._file("haproxy.cfg", configuration.haproxy(self.nodes, self.ports))
        self._run("haproxy", [str(self._paths["haproxy"]), "-f", str(haproxy)])
        self._progress("waiting for three nodes that stream")
        self.wait_until_whole()
        self._create_database()
        self._file("users.txt", configuration.pgbouncer_users(self.passwords))
        pgbouncer = self._file("pgbouncer.ini", configuration.pgbouncer(self.ports, self._directory))
        self._run("pgbouncer", [str(self._paths["pgbouncer"]), str(pgbouncer)])

    def start_gateways(self) -> None:
        """Start the gateways, and wait until they're ready. Raises ClusterFailed."""
        for number, (gateway, metrics) in enumerate(zip(self.gateways, self.metrics, strict=True), 1):
            port, metrics_port = gateway.rpartition(":")[2], metrics.rpartition(":")[2]
            own = {
                "DATABASE_URL": self.pooled,
                variable("listen_url"): self.direct,
                variable("signing_key_file"): str(self.key_file),
                variable("data_dir"): str(self._directory),
                variable("metrics_port"): metrics_port,
                "PYTHONPATH": str(ROOT),
            }
            command = [sys.executable, "-m", "commands", "serve", "--port", port]
            self._run(f"gateway{number}", command, own, unprivileged=False)
        self._progress("waiting for two gateways")
        self._wait(lambda: all(_answers(f"{gateway}/readyz") for gateway in self.gateways), "the gateways aren't ready")

    def stop(self) -> None:
        """Stop all processes, those that were started last first."""
        self._stack.close()

    def give_up(self) -> None:
        """Let no thread wait any longer for the cluster."""
        self._given_up = True

    def leader(self) -> Node | None:
        """Return the node that leads, as etcd knows it. None while there is none."""
        return next((node for member in self._members() if member["role"] == "leader" for node in self._named(member)), None)

    def is_whole(self) -> bool:
        """Whether a node leads and the others have all of it, one of them synchronously."""
        return whole(self._members())

    def wait_until_whole(self) -> None:
        """Wait until all nodes are in place. Raises ClusterFailed."""
        self._wait(self.is_whole, "the nodes don't stream")

    def kill(self, node: Node) -> None:
        """Kill a node's Patroni and its PostgreSQL at once."""
        postmaster = int((node.data / "postmaster.pid").read_text().split()[0])
        self._patroni[node.name].kill()
        kill_family(postmaster)

    def revive(self, node: Node) -> None:
        """Start a killed node's Patroni, which starts its PostgreSQL."""
        self._patroni[node.name].start()

    def _named(self, member: Mapping[str, Any]) -> list[Node]:
        return [node for node in self.nodes if node.name == member["name"]]

    def _members(self) -> list[dict[str, Any]]:
        for node in self.nodes:
            try:
                with urllib.request.urlopen(f"http://{HOST}:{node.rest}/cluster", timeout=REST_SECONDS) as answer:
                    members: list[dict[str, Any]] = json.load(answer)["members"]
                    return members
            except (OSError, ValueError, KeyError):
                continue
        return []

    def _prepare(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        for folder in (self._directory, self.logs, *(node.directory for node in self.nodes)):
            folder.mkdir(parents=True, mode=0o700)
            hand_over(folder)

    def _folder(self, name: str) -> Path:
        folder = self._directory / name
        folder.mkdir(mode=0o700)
        hand_over(folder)
        return folder

    def _file(self, name: str, content: str) -> Path:
        """Write a configuration file that only its program can read."""
        file = self._directory / name
        file.touch(mode=0o600)
        file.write_text(content)
        hand_over(file)
        return file

    def _run(
        self, name: str, command: list[str], own: Mapping[str, str] | None = None, *, unprivileged: bool = True
    ) -> Process:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "CROSSGATE_", "DATABASE_URL"))}
        environment = {**kept, "HOME": str(self._directory), **(own or {})}
        process = Process(name, command, self.logs / f"{name}.log", environment, unprivileged=unprivileged)
        process.start()
        self._stack.callback(process.stop)
        return process

    def _create_database(self) -> None:
        admin = {"host": HOST, "port": self.ports.primary, "user": "postgres", "password": self.passwords.postgres}
        with psycopg.connect(**admin, dbname="postgres", autocommit=True) as connection:  # type: ignore[arg-type]
            for statement in configuration.database_statements(self.passwords):
                connection.execute(statement)

    def _wait(self, holds: Callable[[], bool], problem: str) -> None:
        deadline = time.monotonic() + WHOLE_SECONDS
        while not holds():
            if self._given_up or time.monotonic() > deadline:
                raise ClusterFailed(f"{problem} after {WHOLE_SECONDS} s: see {self.logs}")
            time.sleep(0.25)


def whole(members: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the members that Patroni lists are a leader and two servers that follow it closely, one of them synchronously."""
    working = [member for member in members if member["state"] in WORKING and member.get("lag", 0) == 0]
    timelines = {member.get("timeline") for member in working}
    return sorted(member["role"] for member in working) == ["leader", "replica", "sync_standby"] and len(timelines) == 1


@contextmanager
def stopping(cluster: Cluster) -> Iterator[Cluster]:
    """Stop everything at the end of the block, whatever happens in it."""
    try:
        yield cluster
    finally:
        cluster.stop()


def stored_under(cluster: Cluster, prefix: str) -> dict[str, tuple[tuple[str, ...], int]]:
    """Return the keys of the ports whose names begin with `prefix`, and the number of audit events of them, by name."""
    query = f"""
        SELECT p.name, array_agg(DISTINCT p.id::text), count(DISTINCT e.id) FROM port p
        LEFT JOIN audit_event e ON e.row_id = p.id AND e.action = 'orderPort' WHERE p.name LIKE '{prefix}%' GROUP BY p.name
    """  # noqa: S608 (the prefix is ours)
    with psycopg.connect(cluster.direct, dbname=NAME) as connection:
        return {name: (tuple(keys), events) for name, keys, events in connection.execute(query).fetchall()}


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=REST_SECONDS) as answer:  # noqa: S310 (ours)
            return bool(answer.status == 200)
    except OSError:
        return False
