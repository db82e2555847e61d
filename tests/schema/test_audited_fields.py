"""Reads of audited fields: found anywhere in the document and counted in the response. Other fields aren't counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from graphql import parse

import server
from resolvers.auditing.audit_log import AuditSubject, Counts
from schema.extensions.audited_fields import UnknownField, audited, audited_keys, count
from schema.schema import make_schema
from settings import InvalidSettings, Settings
from tests.client import Client, open_client
from tests.factory import Factory
from tests.rules.answers import nodes, payload, response_of

SCHEMA: Final = make_schema()._schema
RATE, NAME = AuditSubject("Port", "monthlyRate"), AuditSubject("Company", "tradingName")
RATES: Final = "query Rates($ask: Boolean = true) { ports { nodes { name monthlyRate @include(if: $ask) { amount } } } }"
pytestmark = pytest.mark.executors  # the log grows by being asked, so no answer can be asked for twice

READS: Final = """{ auditEvents(filter: {kind: READ}) {
    nodes { user { id } operationName requests counts { type field reason count } }
} }"""


def read(document: str, data: Any, *fields: str, operation: str | None = None) -> Counts:
    """Count the audited values in the response to a document."""
    found: Counts = {}
    names = audited(SCHEMA, fields or ("Port.monthlyRate", "Company.tradingName"))
    count(audited_keys(SCHEMA, parse(document), operation, names), data, found)
    return found


def test_values_are_counted_anywhere_in_a_document() -> None:
    """Aliases, fragments, lists and abstract types are followed. Null values and unselected fields don't count."""
    document = """
        query A {
            ports { nodes { ...Rate } } own: viewer { company { called: tradingName } } node(id: "") { ... on Port { ...Rate } }
        }
        query B { viewer { roles } }
        fragment Rate on Port { rate: monthlyRate { amount } company { tradingName } }
    """
    port = {"rate": {"amount": "1"}, "company": {"tradingName": "A"}}
    data = {
        "ports": {"nodes": [port, None, {"rate": None, "company": None}]},
        "own": {"company": {"called": "B"}},
        "node": {},
    }

    assert {RATE: 1, NAME: 2} == read(document, data, operation="A")
    assert {} == read(document, {"viewer": {"roles": []}}, operation="B")


def test_key_of_several_types_counts_for_each_audited_field() -> None:
    """The response doesn't say which type's field a key stands for, so all are counted rather than one missed."""
    document = '{ node(id: "") { ... on Company { name: tradingName } ... on Port { name } } }'

    assert {NAME: 1} == read(document, {"node": {"name": "A"}}, "Company.tradingName")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Port", "must be fields of the schema such as Port.monthlyRate, not Port"),
        ("Port.rate", "must be fields of the schema such as Port.monthlyRate, not Port.rate"),
        ("Node.id", "must be fields of the schema such as Port.monthlyRate, not Node.id"),
        ("Port.id", "must be fields that no interface has, unlike Port.id"),
    ],
)
def test_field_that_cannot_be_audited_prevents_startup(tmp_path: Path, name: str, problem: str) -> None:
    """The message names the setting and what is wrong with it."""
    settings = Settings(data_dir=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/nowhere", audited_fields=(name,))

    with pytest.raises(InvalidSettings) as stopped:
        server.build(settings)
    with pytest.raises(UnknownField):
        audited(SCHEMA, [name])

    assert {"CROSSGATE_AUDITED_FIELDS": problem} == stopped.value.problems


@pytest.mark.one_process
async def test_reads_are_in_the_audit_log(database_url: str, tmp_path: Path, engine: Any) -> None:
    """An event has the user, the operation and the number of audited values returned, on either executor."""
    factory = Factory(engine)
    company = await factory.company()
    engineer = await factory.user(company, "NETWORK_ADMIN")
    for _ in range(3):
        await factory.port(company)

    async with open_client(database_url, tmp_path, audited_fields=("Port.monthlyRate",)) as client:
        await client.app.state.services.audit.close()
        client.app.state.services.audit.flush_interval = 3600  # an earlier flush would start another event
        await client.app.state.services.audit.start()
        await client(company.admin, RATES)
        await client(company.admin, RATES, ask=True)
        await client(company.admin, RATES, ask=False)
        await client(engineer.email, RATES)
        await _flush(client)
        answer = await client(company.admin, READS)

    counts = [{"type": "Port", "field": "monthlyRate", "reason": None, "count": 6}]
    event = {"user": {"id": company.user.id}, "operationName": "Rates", "requests": 2, "counts": counts}
    assert payload({"auditEvents": nodes(event)}) == response_of(answer)


async def test_nothing_is_counted_without_audited_fields(client: Client, engine: Any) -> None:
    """Without the setting, the audit log has no reads."""
    company = await Factory(engine).company()
    await Factory(engine).port(company)

    await client(company.admin, RATES)
    await _flush(client)

    assert payload({"auditEvents": nodes()}) == response_of(await client(company.admin, READS))


async def _flush(client: Client) -> None:
    await client.app.state.services.audit.flush()
