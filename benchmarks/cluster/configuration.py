"""What each program of the cluster is told: ports of this machine, and the content of the configuration files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.database import server_settings

HOST: Final = "127.0.0.1"
NAME: Final = "crossgate"  # of the cluster, the database and its owner
TTL: Final = 20  # seconds, after which a silent leader has lost its lock: the shortest that Patroni allows
LOOP: Final = 4  # seconds between two looks of Patroni
RETRY: Final = 5  # seconds that Patroni tries to reach etcd or PostgreSQL; the loop and two of these must fit into TTL
STATEMENT_TIMEOUT: Final = 30.0  # seconds
# More than the gateways' connections for writing: a mutation also reads while its transaction has a connection.
POOLED: Final = 50


@dataclass(frozen=True, slots=True)
class Node:
    """One of the PostgreSQL servers."""

    name: str
    port: int
    rest: int  # Patroni's own port
    directory: Path

    @property
    def data(self) -> Path:
        """The files of PostgreSQL."""
        return self.directory / "data"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where etcd, HAProxy's way to the primary, and PgBouncer listen."""

    etcd: int
    etcd_peer: int
    primary: int
    pooler: int


@dataclass(frozen=True, slots=True)
class Passwords:
    """The passwords of one run: of the superuser, of replication, and of the gateway."""

    postgres: str
    replicator: str
    crossgate: str


def etcd(ports: Ports, directory: Path) -> list[str]:
    """Return the arguments of etcd."""
    client, peer = (f"http://{HOST}:{port}" for port in (ports.etcd, ports.etcd_peer))
    options = {
        "name": "etcd",
        "data-dir": str(directory),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"etcd={peer}",
    }
    return [argument for name, value in options.items() for argument in (f"--{name}", value)]


def patroni(node: Node, ports: Ports, passwords: Passwords, programs: Path) -> str:
    """Return a node's configuration. Patroni reads YAML, of which JSON is a part.

    A commit is acknowledged when a second server has it, and without a second server nothing is committed: so whatever was
    acknowledged survives the loss of the primary.
    """
    shared = {
        "ttl": TTL,
        "loop_wait": LOOP,
        "retry_timeout": RETRY,
        "maximum_lag_on_failover": 0,
        "synchronous_mode": True,
        "synchronous_mode_strict": True,
        "postgresql": {"use_pg_rewind": True, "parameters": {"max_connections": 2 * POOLED, "shared_buffers": "64MB"}},
    }
    return json.dumps(
        {
            "scope": NAME,
            "name": node.name,
            "restapi": {"listen": f"{HOST}:{node.rest}", "connect_address": f"{HOST}:{node.rest}"},
            "etcd3": {"hosts": f"{HOST}:{ports.etcd}"},
            "bootstrap": {"dcs": shared, "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"]},
            "postgresql": {
                "listen": f"{HOST}:{node.port}",
                "connect_address": f"{HOST}:{node.port}",
                "data_dir": str(node.data),
                "bin_dir": str(programs),
                "pgpass": str(node.directory / "pgpass"),
                "authentication": _authentication(passwords),
                "parameters": {"unix_socket_directories": ""},
                "pg_hba": [f"host all all {HOST}/32 scram-sha-256", f"host replication all {HOST}/32 scram-sha-256"],
            },
        },
        indent=1,
    )


def _authentication(passwords: Passwords) -> dict[str, Any]:
    return {
        "superuser": {"username": "postgres", "password": passwords.postgres},
        "replication": {"username": "replicator", "password": passwords.replicator},
        "rewind": {"username": "postgres", "password": passwords.postgres},
    }


def haproxy(nodes: Sequence[Node], ports: Ports) -> str:
    """Return HAProxy's configuration: connections go to the node that Patroni calls the primary, and end when it's another."""
    servers = "\n".join(f"    server {node.name} {HOST}:{node.port} check port {node.rest}" for node in nodes)
    return f"""\
global
    maxconn 1000
defaults
    mode tcp
    log global
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    timeout check 2s
listen primary
    bind {HOST}:{ports.primary}
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""


def pgbouncer(ports: Ports, directory: Path) -> str:
    """Return PgBouncer's configuration. What the gateway sets at a connection's start is set for its role: see `role_settings`."""
    ignored = ",".join([*role_settings(), "extra_float_digits"])
    return f"""\
[databases]
{NAME} = host={HOST} port={ports.primary} dbname={NAME}
[pgbouncer]
listen_addr = {HOST}
listen_port = {ports.pooler}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {directory / "users.txt"}
pool_mode = transaction
max_prepared_statements = 512
default_pool_size = {POOLED}
max_client_conn = 500
server_login_retry = 1
server_connect_timeout = 3
query_wait_timeout = 20
ignore_startup_parameters = {ignored}
"""


def pgbouncer_users(passwords: Passwords) -> str:
    """Return the file of the users that can connect to PgBouncer, with the passwords that it uses itself."""
    return f'"{NAME}" "{passwords.crossgate}"\n'


def role_settings() -> Mapping[str, str]:
    """Return the server settings that the gateway needs on each connection."""
    return server_settings(STATEMENT_TIMEOUT)


def database_statements(passwords: Passwords) -> list[str]:
    """Return the statements that create the gateway's role, with its settings, and its database."""
    settings = [f"ALTER ROLE {NAME} SET {name} = '{value}'" for name, value in role_settings().items()]
    return [f"CREATE ROLE {NAME} LOGIN PASSWORD '{passwords.crossgate}'", *settings, f"CREATE DATABASE {NAME} OWNER {NAME}"]


def url(port: int, passwords: Passwords) -> str:
    """Return the gateway's URL of the database behind a port."""
    return f"postgresql://{NAME}:{passwords.crossgate}@{HOST}:{port}/{NAME}"
