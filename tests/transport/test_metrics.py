"""Metrics: served on a port of their own, they count what happens, and show nothing of requests or companies."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from models import Company, Port
from models.mail import MailStatus
from models.webhook_endpoint import WebhookDeliveryStatus
from policies.reason import Reason
from resolvers.execution.codegen import Unplanned
from resolvers.execution.plans import ExecutedBy
from resolvers.reading.viewers import find_member
from settings import Settings
from telemetry import metrics
from tests import plain_http
from tests.client import HIDDEN, POLICY, SHOWN, Client, open_client
from tests.event_streams import opened
from tests.free_port import free_port
from tests.transport.gateway import running
from transport.authentication.tokens import Tokens

MARK: Final = "swordfish"
CODE: Final = re.compile(r"[A-Z][A-Z_]+")
PRICES: Final = "query Prices { ports(first: 2) { nodes { monthlyRate { amount } } } }"
PROCESS: Final = {"python_info", "python_gc_objects_collected", "python_gc_objects_uncollectable", "python_gc_collections"}
Allowed = Mapping[str, Collection[str]]
SENDING: Final = frozenset(status.value.lower() for kind in (MailStatus, WebhookDeliveryStatus) for status in kind)
ALLOWED: Final[Allowed] = {
    "kind": frozenset({"query", "mutation", "other"}),
    "payer": frozenset({"user", "address"}),
    "what": frozenset({"connections", "sockets", "subscriptions"}),
    "step": frozenset({"viewers", "decision", "answers", "alone"}),
    "executor": frozenset(ExecutedBy),
    "result": frozenset({"hit", "miss", "confirmed", "stale", "done", "delayed", "sent", "behind", "failed"}) | SENDING,
    "documents": frozenset({"trusted", "other"}),
    "access": frozenset({"read", "write"}),
    "state": frozenset({"in_use", "idle", "due", "scheduled", "running", "failed"}),
    "queue": frozenset({"mails", "webhooks", "exports", "chores"}),
    "version": frozenset({POLICY}),
    "replica": frozenset({"1", "2"}),
}
RENAME: Final = """
    mutation ($id: ID!, $version: Int!) { updatePort(input: {id: $id, version: $version, name: "Other"}) { userErrors { code } } }
"""

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
"""The values by name and labels."""


@dataclass(frozen=True)
class Served:
    """A gateway and its metrics on two ports, and tokens for its users."""

    url: str
    metrics_url: str
    tokens: Tokens
    engine: AsyncEngine

    async def ask(self, email: str | None, query: str, **more: object) -> httpx.Response:
        """Send a query as a user."""
        headers = {}
        if email is not None:
            member = await find_member(self.engine, email)
            assert member is not None
            headers["Authorization"] = f"Bearer {self.tokens.issue(member.user_id, member.membership_id, 600)}"
        async with plain_http.client(base_url=self.url) as client:
            return await client.post("/graphql", json={"query": query, **more}, headers=headers)

    def text(self, accept: str = "") -> str:
        """Scrape the metrics, as text."""
        return plain_http.get(f"{self.metrics_url}/metrics", headers={"Accept": accept}).text

    def samples(self) -> Samples:
        """Scrape the metrics."""
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in parse(self.text())
            for sample in family.samples
        }


@pytest.fixture(scope="module")
def served(demo_url: str, demo_engine: AsyncEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The gateway over the sample market, with its metrics."""
    port = free_port()
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("metrics"),
        database_url=demo_url,
        log_level="ERROR",
        shutdown_timeout=5,
        metrics_port=port,
        max_subscriptions_per_peer=1,
    )
    app = server.build(settings)
    with running(app, settings) as url:
        yield Served(url, f"http://127.0.0.1:{port}", app.state.tokens, demo_engine)


def value(samples: Samples, name: str, **labels: str) -> float:
    """Return a sample's value; 0 if it isn't there yet."""
    return samples.get((name, tuple(sorted(labels.items()))), 0)


def grown(before: Samples, after: Samples) -> Samples:
    """Return how much the samples have grown."""
    return {key: number - before.get(key, 0) for key, number in after.items() if number != before.get(key, 0)}


def test_metrics_have_a_port_of_their_own(served: Served) -> None:
    """The public port doesn't serve metrics, and the metrics' port serves nothing else."""
    statuses = [
        plain_http.get(f"{url}{path}").status_code
        for url, path in ((served.url, "/metrics"), (served.metrics_url, "/metrics"), (served.metrics_url, "/graphql"))
    ]

    assert [404, 200, 404] == statuses


def test_metrics_are_off_by_default(tmp_path: Path) -> None:
    """Without the setting no port is opened, and with it only this machine can read them."""
    settings = Settings(data_dir=tmp_path)

    assert (None, "127.0.0.1") == (settings.metrics_port, settings.metrics_host)


async def test_query_is_counted_with_its_statements_and_redactions(served: Served) -> None:
    """A planned query counts as a request, a plan, its statements, and each reason for a hidden value."""
    await served.ask(HIDDEN, PRICES)
    before = served.samples()
    response = await served.ask(HIDDEN, PRICES)
    growth = grown(before, served.samples())

    assert [{"path": ["ports", "nodes", "*", "monthlyRate"], "reason": "HIDDEN_BY_PARTNER"}] == (
        response.json()["extensions"]["redactions"]
    )
    assert 1 == value(growth, "crossgate_request_duration_seconds_count", kind="query")
    assert 1 == value(growth, "crossgate_responses_total", status="200")
    assert 1 == value(growth, "crossgate_executions_total", executor="plan")
    assert 1 == value(growth, "crossgate_plan_lookups_total", result="hit")
    assert 0 == value(growth, "crossgate_plan_lookups_total", result="miss")
    assert 1 == value(growth, "crossgate_remembered_facts_total", result="confirmed")
    assert 1 == value(growth, "crossgate_statement_duration_seconds_count", access="read")  # of the page and the viewer's facts
    assert 1 == value(growth, "crossgate_redactions_total", reason="HIDDEN_BY_PARTNER")


async def test_buckets_are_cumulative(served: Served) -> None:
    """Each bucket counts the faster requests too, and the last one equals the number of requests."""
    await served.ask(None, "{ viewer { __typename } }")
    samples = served.samples()
    buckets = [
        (float(dict(labels)["le"]), number)
        for (name, labels), number in samples.items()
        if name == "crossgate_request_duration_seconds_bucket" and dict(labels)["kind"] == "query"
    ]

    numbers = [number for _, number in sorted(buckets)]
    assert sorted(numbers) == numbers
    assert value(samples, "crossgate_request_duration_seconds_count", kind="query") == numbers[-1] > 0
    assert value(samples, "crossgate_request_duration_seconds_sum", kind="query") > 0


@pytest.mark.parametrize(
    ("query", "variables", "reason", "executor"),
    [
        ('mutation { markNotificationsRead(input: {id: "x"}) { __typename } }', {}, "not_a_query", "graphql-core"),
        ("{ __schema { queryType { name } } }", {}, "introspection", "graphql-core"),
        ("{ __schema { queryType { name } } ports(first: 1) { totalCount } }", {}, "introspection", "both"),
        ("query ($n: Int) { ports(first: $n) { totalCount } }", {"n": "x"}, "invalid_variables", "graphql-core"),
    ],
)
async def test_reason_why_no_plan_ran_is_counted(
    served: Served, query: str, variables: dict[str, str], reason: str, executor: str
) -> None:
    """An operation that graphql-core executes, or a part of one, is counted with the reason."""
    before = served.samples()
    await served.ask(SHOWN, query, variables=variables)
    growth = grown(before, served.samples())

    assert (1, 1) == (
        value(growth, "crossgate_unplanned_total", reason=reason),
        value(growth, "crossgate_executions_total", executor=executor),
    )


async def test_errors_are_counted_by_code(served: Served) -> None:
    """A refusal, an error of a document and an error of a field are each counted with the code that the client gets."""
    before = served.samples()
    await served.ask(None, "{ viewer {")
    await served.ask(None, "{ nothing }")
    async with plain_http.client() as client:
        await client.post(f"{served.url}/graphql", headers={"Authorization": "Bearer swordfish"}, json={})
    growth = grown(before, served.samples())

    codes = ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED")
    assert [1, 1, 1] == [value(growth, "crossgate_errors_total", code=code) for code in codes]
    assert 1 == value(growth, "crossgate_responses_total", status="401")


async def test_gauges_show_the_pools_and_the_policy(served: Served) -> None:
    """The policy version, the pools, the plan cache and the listener's connection are read when the metrics are."""
    await served.ask(SHOWN, PRICES)
    samples = served.samples()

    assert 1 == value(samples, "crossgate_policy_info", version=POLICY)
    assert 1 == value(samples, "crossgate_change_listener_connected")
    assert 10 == value(samples, "crossgate_database_connections_limit", access="read")
    assert 0 < value(samples, "crossgate_database_connections", access="read", state="idle") <= 10
    assert 0 == value(samples, "crossgate_database_connections", access="read", state="in_use")
    assert 0 < value(samples, "crossgate_plans", documents="other")
    assert value(samples, "crossgate_plans", documents="other") * 500 < value(
        samples, "crossgate_plan_cache_characters", documents="other"
    )
    assert 0 < value(samples, "process_resident_memory_bytes")


async def test_open_streams_are_counted_while_they_are_open(served: Served) -> None:
    """A subscription counts as a socket and a subscription until its client leaves."""
    query = "subscription { portUpdated { id } }"
    member = await find_member(served.engine, SHOWN)
    assert member is not None
    token = served.tokens.issue(member.user_id, member.membership_id, 600)
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}

    async with (
        plain_http.client(base_url=served.url) as client,
        client.stream("POST", "/graphql", json={"query": query}, headers=headers) as stream,
    ):
        assert 200 == stream.status_code
        async for opened in until(served, "crossgate_open", 1, what="subscriptions"):
            assert 1 == value(opened, "crossgate_open", what="sockets")
    async for closed in until(served, "crossgate_open", 0, what="sockets"):
        assert 0 == value(closed, "crossgate_open", what="subscriptions")


async def until(served: Served, name: str, number: float, **labels: str) -> AsyncIterator[Samples]:
    """Scrape until a sample has a value, and yield that scrape."""
    while value(samples := served.samples(), name, **labels) != number:
        pass
    yield samples


async def test_openmetrics_is_served_to_those_that_ask_for_it(served: Served) -> None:
    """The OpenMetrics text has the same families, and its own parser reads it."""
    text = served.text("application/openmetrics-text; version=1.0.0")
    names = {family.name for family in parse_openmetrics(text)}  # type: ignore[no-untyped-call]

    assert {"crossgate_request_duration_seconds", "crossgate_errors", "crossgate_open"} <= names


async def hostile(served: Served, mark: str) -> None:
    """Send requests that have a mark wherever a client can put one."""
    headers = {
        "X-Request-ID": mark,
        "User-Agent": mark,
        "X-Crossgate-View-As": mark,
        "Idempotency-Key": mark,
        "Origin": f"https://{mark}.example",
        "Host": f"{mark}.example",
        "X-Forwarded-For": mark,
        "traceparent": mark,
        "Accept": f"application/{mark}",
    }
    bodies = [
        {"query": f"query {mark} {{ {mark}: viewer {{ __typename }} }}", "operationName": mark},
        {"query": "query($a: String) { viewer { __typename } }", "variables": {"a": mark, mark: mark}},
        {"query": f'{{ node(id: "{mark}") {{ id }} }}'},
        {"query": f"{{ {mark} }}", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": mark}}},
        {"query": f"mutation {mark} {{ signOut(input: {{}}) {{ __typename }} }}"},
        {"documentId": mark},
    ]
    async with plain_http.client(base_url=served.url) as client:
        for body in bodies:
            await client.post("/graphql", json=body)
            await client.post("/graphql", json=body, headers=headers)
        await client.request(mark.upper(), f"/{mark}?{mark}={mark}", headers=headers)
        await client.get(f"/files/{mark}", headers={"Authorization": f"Bearer {mark}"})
    await served.ask(HIDDEN, f"query {mark} {{ {mark}: ports(first: 1) {{ nodes {{ name monthlyRate {{ amount }} }} }} }}")


async def test_nothing_of_a_request_is_a_label(served: Served) -> None:
    """No name, header, path, method, variable or literal of a client occurs in the metrics."""
    await hostile(served, MARK)

    assert MARK not in served.text().lower()
    assert MARK not in served.text("application/openmetrics-text").lower()


async def test_number_of_series_does_not_follow_requests(served: Served) -> None:
    """Requests with other names, headers and values add no series."""
    while not any(name.startswith("crossgate_event_loop_delay") for name, _ in served.samples()):  # noqa: ASYNC110 (another loop records it)
        await asyncio.sleep(0.1)
    await hostile(served, "first")
    before = served.samples().keys()
    for number in range(20):
        await hostile(served, f"other{number}")

    assert set() == served.samples().keys() - before


async def test_every_label_comes_from_the_code(served: Served) -> None:
    """Each value of a label belongs to an enum, or is an HTTP status, a documented error code or the policy's version."""
    before = served.samples()  # other tests of the process have codes of their own
    await hostile(served, MARK)
    documented = set(CODE.findall((server.HERE / "docs" / "api" / "errors.md").read_text("utf-8")))
    allowed: Allowed = {**ALLOWED, "code": documented, "status": {str(status) for status in range(100, 600)}}
    unknown = [
        (name, label, text)
        for name, labels in served.samples()
        if name.startswith("crossgate_")
        for label, text in labels
        if label != "le" and not (label == "code" and (name, labels) in before) and text not in _allowed(name, label, allowed)
    ]

    assert [] == unknown


def _allowed(name: str, label: str, allowed: Allowed) -> Collection[str]:
    """Return the values that a label can have. The label `reason` has two meanings."""
    if label == "reason":
        return frozenset(Reason) if name.startswith("crossgate_redactions") else frozenset(Unplanned)
    return allowed[label]


async def test_no_company_and_no_hidden_value_is_shown(served: Served) -> None:
    """The metrics have no ID, name or price of the market that the requests have read or that policy has hidden."""
    await served.ask(HIDDEN, "{ ports(first: 50) { nodes { id name monthlyRate { amount } company { id tradingName } } } }")
    text = served.text()
    async with served.engine.connect() as connection:
        companies = (await connection.execute(sa.select(Company.id, Company.trading_name, Company.legal_name))).all()
        ports = (await connection.execute(sa.select(Port.id, Port.name))).all()

    values = [str(value) for row in (*companies, *ports) for value in row]
    assert len(values) > 1000
    assert [] == [value for value in values if value in text or value.replace("-", "") in text]
    assert [] == [found for found in re.findall(r"[0-9a-f-]{36}", text) if _is_uuid(found)]


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@pytest.mark.one_process
async def test_used_up_quota_is_counted_by_its_payer(demo_url: str, tmp_path: Path) -> None:
    """A visitor's refused request counts for an address, and that of a user for a user."""
    payers = metrics.RATE_LIMITED.every(("address", "user"))
    before = {payer: count.value for payer, count in payers.items()}
    async with open_client(demo_url, tmp_path, cost_per_peer=150, cost_per_viewer=150) as client:
        statuses = [(await client(viewer, "{ viewer { __typename } }")).status for viewer in (None, None, SHOWN, SHOWN, SHOWN)]

    assert [200, 429, 200, 429, 429] == statuses
    assert {"address": 1, "user": 2} == {payer: count.value - before[payer] for payer, count in payers.items()}


async def test_operation_of_a_socket_counts_as_a_request(demo_client: Client) -> None:
    """A query over a WebSocket has a duration of its own, while the socket has none."""
    before = {kind: sum(metrics.REQUEST_SECONDS.child(kind).counts) for kind in ("query", "other")}
    async with opened(demo_client.app) as socket:
        await socket.send({"type": "connection_init"})
        assert {"type": "connection_ack"} == await socket.receive()
        await socket.send({"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { __typename } }"}})
        assert ["next", "complete"] == [(await socket.receive())["type"] for _ in range(2)]

    grown = {kind: sum(metrics.REQUEST_SECONDS.child(kind).counts) - number for kind, number in before.items()}
    assert {"query": 1, "other": 0} == grown


async def test_event_is_timed_for_its_subscriber(demo_copy_url: str, tmp_path: Path) -> None:
    """A step of an event counts once for all subscribers who share."""
    steps = [metrics.EVENT_SECONDS.child(step) for step in ("viewers", "decision", "answers", "alone")]
    async with open_client(demo_copy_url, tmp_path) as client:
        answer = await client(SHOWN, "{ ports(first: 1) { nodes { id version } } }")
        before = [sum(step.counts) for step in steps]
        async with client.following(SHOWN, "subscription { portUpdated { id } }") as following:
            await client(SHOWN, RENAME, **answer.data["ports"]["nodes"][0])
            await following.event()

    assert [1, 1, 1, 0] == [sum(step.counts) - number for step, number in zip(steps, before, strict=True)]
