"""The cluster whose primary `make cluster` kills: what counts as lost, repeated or away, and what each program is told."""

from __future__ import annotations

import configparser
import json
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.cluster import configuration
from benchmarks.cluster.__main__ import main
from benchmarks.cluster.cluster import whole
from benchmarks.cluster.configuration import Node, Passwords, Ports
from benchmarks.cluster.outcome import Kill, Order, Outcome, Stored, longest_gap
from benchmarks.cluster.programs import Missing, found, version_in
from models.database import SERVER_SETTINGS
from settings import Settings

NODES: Final = [Node(f"node{n}", 5000 + n, 8000 + n, Path(f"/cluster/node{n}")) for n in (1, 2, 3)]
PORTS: Final = Ports(etcd=2379, etcd_peer=2380, primary=5000, pooler=6432)
PASSWORDS: Final = Passwords("secret-p", "secret-r", "secret-c")
PORT_A, PORT_B = "port-a", "port-b"


def outcome(stored: dict[str, Stored], **order: Any) -> Outcome:
    """Return the outcome of a run with one order, acknowledged as PORT_A unless stated otherwise."""
    sent = Order(**{"name": "one", "sent": 1.0, "acknowledged": 2.0, "port": PORT_A, "attempts": 1, **order})
    return Outcome([sent], [], stored, [], [], 10.0)


@pytest.mark.parametrize(
    ("stored", "lost", "repeated"),
    [
        ({"one": Stored((PORT_A,), 1)}, [], []),
        ({}, ["one"], []),
        ({"one": Stored((PORT_B,), 1)}, ["one"], []),
        ({"one": Stored((PORT_A, PORT_B), 2)}, [], ["one"]),
        ({"one": Stored((PORT_A,), 2)}, [], ["one"]),
    ],
    ids=["as acknowledged", "missing", "another port", "two ports", "recorded twice"],
)
def test_orders_are_compared_with_what_is_stored(stored: dict[str, Stored], lost: list[str], repeated: list[str]) -> None:
    """An acknowledged order must be stored once, as the port that was acknowledged, and recorded once."""
    seen = outcome(stored)

    assert (lost, repeated, []) == (seen.lost, seen.repeated, seen.unacknowledged)


def test_order_without_acknowledgement_can_be_stored_or_not() -> None:
    """Nobody was told that it's done, so it isn't lost; but it may not be there twice."""
    absent, twice = (outcome(stored, acknowledged=None, port=None) for stored in ({}, {"one": Stored((PORT_A, PORT_B), 2)}))

    assert ([], [], ["one"]) == (absent.lost, absent.repeated, absent.unacknowledged)
    assert ["one"] == twice.repeated


def test_time_away_is_the_longest_gap_after_each_kill() -> None:
    """It counts from the kill, also if nothing worked between it and the end."""
    times = [0.5, 1.0, 9.0, 9.5, 12.0]
    kills = [Kill("node1", 2.0, "node2", 5.5), Kill("node2", 10.0)]
    orders = [Order(f"{at}", 0.0, at, PORT_A, 1) for at in times]
    seen = Outcome(
        orders, kills, {order.name: Stored((PORT_A,), 1) for order in orders}, [], [[(11.0, True), (12.0, False)]], 20.0
    )

    assert ([7.0, 8.0], [8.0, 10.0], [8.0, 9.0]) == (seen.away(times), seen.away([]), seen.deaf())
    assert 3.0 == longest_gap([4.0], 1.0, 6.0)
    assert "| node1 | 3.5 | 7.0 | 8.0 | 8.0 |" in list(seen.lines())
    assert "| node2 | never | 8.0 | 10.0 | 9.0 |" in list(seen.lines())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{}, {}, {}], True),
        ([{}, {}], False),
        ([{}, {"lag": 100}, {}], False),
        ([{}, {"state": "starting"}, {}], False),
        ([{}, {"timeline": 1}, {}], False),
        ([{}, {"role": "replica"}, {}], False),
    ],
    ids=["whole", "a node is missing", "behind", "starting", "another timeline", "nothing is synchronous"],
)
def test_cluster_is_whole_with_a_synchronous_server(changes: list[dict[str, Any]], expected: bool) -> None:
    """The next kill waits for it: another server must have all that was acknowledged."""
    usual = [
        {"role": "leader", "state": "running", "timeline": 2},
        {"role": "sync_standby", "state": "streaming", "timeline": 2, "lag": 0},
        {"role": "replica", "state": "running", "timeline": 2, "lag": 0},
    ]

    assert expected is whole([each | change for each, change in zip(usual, changes, strict=False)])


def test_node_acknowledges_nothing_that_it_alone_has() -> None:
    """Patroni's mode is strictly synchronous, its times fit together, and every connection needs a password."""
    told = json.loads(configuration.patroni(NODES[0], PORTS, PASSWORDS, Path("/programs")))
    shared = told["bootstrap"]["dcs"]

    assert (True, True) == (shared["synchronous_mode"], shared["synchronous_mode_strict"])
    assert shared["loop_wait"] + 2 * shared["retry_timeout"] <= shared["ttl"]
    assert {"scram-sha-256"} == {line.split()[-1] for line in told["postgresql"]["pg_hba"]}


def test_pooler_ignores_what_the_gateway_sets_and_the_role_has_it() -> None:
    """Each setting that the gateway sends when it connects is set for its role, and the pool is larger than all that write."""
    parsed = configparser.ConfigParser()
    parsed.read_string(configuration.pgbouncer(PORTS, Path("/cluster")))
    pooler = parsed["pgbouncer"]
    statements = configuration.database_statements(PASSWORDS)

    assert {*SERVER_SETTINGS, "statement_timeout"} <= set(pooler["ignore_startup_parameters"].split(","))
    assert all(any(f"SET {name} = '{value}'" in line for line in statements) for name, value in SERVER_SETTINGS.items())
    assert "transaction" == pooler["pool_mode"]
    assert int(pooler["max_prepared_statements"]) > 0
    assert int(pooler["default_pool_size"]) > 2 * Settings.model_fields["pool_size"].default


def test_connections_go_to_the_primary_alone() -> None:
    """HAProxy asks each node's Patroni whether it's the primary, and ends the connections of one that isn't any more."""
    told = configuration.haproxy(NODES, PORTS)

    assert "OPTIONS /primary" in told
    assert "on-marked-down shutdown-sessions" in told
    assert all(f"server {node.name} 127.0.0.1:{node.port} check port {node.rest}" in told for node in NODES)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("PgBouncer 1.24.1\nlibevent 2.1.12-stable", (1, 24)),
        ("etcd Version: 3.4.23\nGit SHA: Not provided", (3, 4)),
        ("patroni 3.0.2", (3, 0)),
        ("HAProxy version 2.6.12-1+deb12u4 2026/01/01", (2, 6)),
        ("command not found", None),
    ],
)
def test_versions_are_read(text: str, version: tuple[int, int] | None) -> None:
    """The first version in a program's output counts."""
    assert version == version_in(text)


def test_missing_and_old_programs_are_all_named(tmp_path: Path) -> None:
    """The message says how to install each of them."""
    for name, version in (("etcd", "3.4.23"), ("patroni", "4.1.5"), ("haproxy", "2.6.12"), ("pgbouncer", "1.18.0")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} {version}\n")
        (tmp_path / name).chmod(0o755)
    given = {name: tmp_path / name for name in ("etcd", "patroni", "pgbouncer")} | {"haproxy": tmp_path / "absent"}

    with pytest.raises(Missing) as missing:
        found(given)

    haproxy, pgbouncer = str(missing.value).splitlines()
    assert haproxy.startswith("haproxy is missing: ")
    assert pgbouncer.startswith("pgbouncer is 1.18, but 1.21 is needed: ")


def test_command_explains_itself(tmp_path: Path) -> None:
    """The help names the options, and without a program the command ends with 2 before it starts anything."""
    app = typer.Typer()
    app.command()(main)
    nothing = tmp_path / "nothing"
    nothing.write_text("")
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    refused = CliRunner().invoke(app, ["--pgbouncer", str(nothing), "--directory", str(tmp_path / "cluster")])

    assert (0, 2) == (shown.exit_code, refused.exit_code)
    assert "--kills" in shown.output
    assert "pgbouncer is missing" in refused.output
    assert not (tmp_path / "cluster").exists()
