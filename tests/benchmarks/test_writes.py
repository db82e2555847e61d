"""A sign-in and a mutation are measured next to a query, and each is compared with what it has to cost."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.figures import Sample
from benchmarks.load.job import COUNTED
from benchmarks.report import writes_table
from benchmarks.writes import MUTATION, QUERY, SIGN_IN, Writes, sign_in, update
from resolvers.values import identifiers
from tests.client import Client
from tests.factory import Factory


async def test_port_is_renamed_from_its_first_version_on(client: Client, engine: AsyncEngine) -> None:
    """The load process counts the version up, from the one that the port starts with."""
    factory = Factory(engine)
    company = await factory.company()
    port = await factory.port(company, version=COUNTED)
    mutation = update(identifiers.parse(port.id, "id").key)

    answer = await client.send(company.admin, mutation.document, dict(mutation.variables))

    assert {"port": {"id": port.id, "name": f"Core {COUNTED}", "version": COUNTED + 1}, "userErrors": []} == answer.data[
        MUTATION
    ]


async def test_password_is_compared_for_each_sign_in(client: Client) -> None:
    """Without such a user, the sign-in is refused after the comparison."""
    mutation = sign_in(0)

    answer = await client.send(None, mutation.document, dict(mutation.variables))

    assert {"tokens": None, "userErrors": [{"code": "INVALID_CREDENTIALS"}]} == answer.data[SIGN_IN]


def test_sign_in_is_compared_with_its_hash_and_the_mutation_with_the_query() -> None:
    """Both figures are ratios over one connection, in which a sign-in counts the gateway alone."""
    found = writes(signing_in=30.0, mutation=44.0)

    assert [(1.5, True), (23.0, False)] == [(verdict.figure, verdict.met) for verdict in found.verdicts()]


def test_table_has_a_row_for_each_request_and_one_for_the_password() -> None:
    """Latencies are the median and the 95th percentile."""
    lines = writes_table(writes(signing_in=30.0, mutation=4.0)).splitlines()

    assert "| Q4, 1 connection | 100 | 1.0 | 2.0 | 1.00 | 1.00 |" == lines[2]
    assert "| updatePort, 16 connections | 100 | 1.0 | 2.0 | 4.00 | 2.00 |" == lines[6]
    assert "| comparing the password alone |  |  |  | 20.00 |  |" == lines[-1]


def writes(*, signing_in: float, mutation: float) -> Writes:
    """Return results with the CPU of a sign-in and of a mutation in the gateway. A comparison of a password takes 20 ms."""
    cpu = {QUERY: (1.0, 1.0), MUTATION: (mutation, 2.0), SIGN_IN: (signing_in, 3.0)}
    samples = {
        (name, connections): [Sample(100, 1.0, 3.0, server, postgres, p95_ms=2.0)]
        for connections in (1, 16)
        for name, (server, postgres) in cpu.items()
    }
    return Writes(samples, [20.0])
