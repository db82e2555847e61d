"""Quotas: how buckets fill and empty, what each transport charges, and how clients learn about it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings import Settings
from tests import plain_http
from tests.transport.gateway import make_app, running
from tests.transport.test_sse import all_events
from tests.transport.test_websocket import open_initialised, open_socket, receive, receive_close, send, subscribe
from transport.authentication.tokens import Tokens
from transport.limits.quotas import MIN_CHARGE, SHARED_BUCKETS, WINDOW, Buckets, OwnTimes
from transport.limits.shared import SharedTimes

QUOTA = 3 * MIN_CHARGE
HELLO = {"query": "{ hello }"}
POLICY = f'"cost";q={QUOTA};w={WINDOW}'


class FakeClock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


STORES = pytest.mark.parametrize("times_of", [OwnTimes, SharedTimes])


@STORES
def test_bucket_empties_and_refills(times_of: type[OwnTimes | SharedTimes]) -> None:
    """A bucket allows what it holds, refuses more, says when to retry, and is full after its window."""
    clock = FakeClock()
    buckets = Buckets(600, times_of(), clock=clock)

    first, second, third = buckets.charge("a", 500), buckets.charge("a", 100), buckets.charge("a", 10)
    clock.now += 1
    fourth = buckets.charge("a", 10)
    clock.now += WINDOW
    fifth = buckets.charge("a", 600)

    assert [(True, 100, 50), (True, 0, 60), (False, 0, 1)] == [(b.allowed, b.left, b.seconds) for b in (first, second, third)]
    assert (fourth.allowed, fifth.allowed) == (True, True)


@STORES
def test_charge_above_the_quota_needs_a_full_bucket(times_of: type[OwnTimes | SharedTimes]) -> None:
    """A charge larger than the bucket isn't refused forever: it takes everything from a full bucket."""
    clock = FakeClock()
    buckets = Buckets(100, times_of(), clock=clock)

    first, second = buckets.charge("a", 5000), buckets.charge("a", 5000)
    clock.now += WINDOW
    third = buckets.charge("a", 5000)

    assert [True, False, True] == [first.allowed, second.allowed, third.allowed]
    assert (0, WINDOW) == (first.left, second.seconds)


@STORES
def test_buckets_are_independent(times_of: type[OwnTimes | SharedTimes]) -> None:
    """Spending one owner's quota doesn't spend another's."""
    buckets = Buckets(100, times_of(), clock=FakeClock())

    assert [True, False, True] == [buckets.charge(owner, 100).allowed for owner in ("a", "a", "b")]


def test_full_buckets_are_dropped() -> None:
    """A bucket that has refilled uses no memory."""
    clock = FakeClock()
    times = OwnTimes()
    buckets = Buckets(100, times, clock=clock)
    for number in range(1000):
        buckets.charge(f"sooner {number}", 1)
    clock.now += WINDOW
    for number in range(600):
        buckets.charge(f"later {number}", 1)

    assert len(times) == 600


def test_flood_of_peers_neither_refills_nor_takes_buckets() -> None:
    """When no more buckets fit, existing ones stay, newcomers share some, and memory is limited."""
    times = OwnTimes(max_buckets=50)
    buckets = Buckets(100, times, clock=FakeClock())
    buckets.charge("attacker", 100)
    buckets.charge("honest", 10)

    flood = [buckets.charge(f"peer {number}", 100).allowed for number in range(20_000)]

    assert not buckets.charge("attacker", 1).allowed
    assert buckets.charge("honest", 90).allowed
    assert sum(flood) <= 50 + SHARED_BUCKETS
    assert len(times) <= 50 + SHARED_BUCKETS


@given(
    st.booleans().map(lambda is_shared: SharedTimes(sets=1) if is_shared else OwnTimes()),
    st.lists(st.tuples(st.floats(0, 100), st.integers(1, 2000)), max_size=40),
)
def test_charges_never_exceed_the_quota_plus_the_refill(
    times: OwnTimes | SharedTimes, charges: list[tuple[float, int]]
) -> None:
    """Whatever is charged and when, at most the quota plus the refill since the start is allowed."""
    clock = FakeClock()
    buckets, charged = Buckets(1000, times, clock=clock), 0
    started = clock.now
    for pause, amount in charges:
        clock.now += pause
        balance = buckets.charge("a", amount)
        charged += min(amount, 1000) if balance.allowed else 0
        assert 0 <= balance.left <= 1000
        assert balance.seconds >= 0
        assert charged <= 1000 + (clock.now - started) * 1000 / WINDOW + 1


@contextmanager
def serve(settings: Settings, tokens: Tokens, **limits: Any) -> Iterator[str]:
    """Serve a gateway with small quotas. Yields its URL."""
    own = settings.model_copy(update={"cost_per_viewer": QUOTA, "cost_per_peer": QUOTA, **limits})
    with running(make_app(own, tokens), own) as url:
        yield url


def remaining_quota(answer: httpx.Response) -> int:
    """The remaining quota according to a response."""
    match = re.fullmatch(r'"cost";r=(\d+);t=\d+', answer.headers["RateLimit"])
    assert match is not None
    return int(match[1])


@asynccontextmanager
async def connect(url: str, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of the gateway, with a token if given."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with plain_http.client(base_url=url, headers=headers) as client:
        yield client


@pytest.mark.parametrize("signed_in", [False, True])
async def test_requests_are_charged_until_the_quota_is_spent(
    settings: Settings, tokens: Tokens, token: str, signed_in: bool
) -> None:
    """Each response has the quota and the remainder. One request too many gets 429, a code and Retry-After."""
    with serve(settings, tokens) as url:
        async with connect(url, token if signed_in else None) as client:
            answers = [await client.post("/graphql", json=HELLO) for _ in range(4)]

    assert [200, 200, 200, 429] == [answer.status_code for answer in answers]
    assert [POLICY] * 4 == [answer.headers["RateLimit-Policy"] for answer in answers]
    assert [200, 100, 0, 0] == [remaining_quota(answer) // MIN_CHARGE * MIN_CHARGE for answer in answers]
    refused = answers[-1]
    (error,) = refused.json()["errors"]
    seconds = int(refused.headers["Retry-After"])
    assert ("RATE_LIMITED", seconds) == (error["extensions"]["code"], error["extensions"]["retryAfter"])
    assert refused.headers["RateLimit"] == f'"cost";r={remaining_quota(refused)};t={seconds}'
    assert 1 <= seconds <= WINDOW


async def test_user_and_visitors_of_one_address_have_separate_quotas(settings: Settings, tokens: Tokens, token: str) -> None:
    """Visitors who have spent their peer's quota don't affect a user at the same address."""
    with serve(settings, tokens) as url:
        async with connect(url) as visitor, connect(url, token) as user:
            anonymous = [(await visitor.post("/graphql", json=HELLO)).status_code for _ in range(4)]
            signed_in = (await user.post("/graphql", json=HELLO)).status_code

    assert ([200, 200, 200, 429], 200) == (anonymous, signed_in)


async def test_user_has_one_quota_for_all_tokens(settings: Settings, tokens: Tokens, token: str) -> None:
    """Another token of the same user doesn't refill the quota."""
    another = tokens.issue(*_claims_of(tokens, token), 60)
    with serve(settings, tokens, cost_per_viewer=MIN_CHARGE) as url:
        async with connect(url, token) as first, connect(url, another) as second:
            statuses = [(await client.post("/graphql", json=HELLO)).status_code for client in (first, second)]

    assert [200, 429] == statuses


def _claims_of(tokens: Tokens, token: str) -> tuple[Any, Any]:
    claims = tokens.verify(token)
    return claims.user_id, claims.membership_id


@pytest.mark.parametrize(
    "query",
    ["{ nope", "{ nope }", "query A { hello } query B { hello }", "{ hello(name: 1) }"],
    ids=["syntax error", "unknown field", "no operation chosen", "invalid argument"],
)
async def test_refused_operations_are_charged(settings: Settings, tokens: Tokens, query: str) -> None:
    """A document that can't run is charged, because the gateway still parses it."""
    with serve(settings, tokens, cost_per_peer=MIN_CHARGE) as url:
        async with connect(url) as client:
            statuses = [(await client.post("/graphql", json={"query": query})).status_code for _ in range(2)]

    assert statuses[1] == 429
    assert statuses[0] != 429


async def test_new_document_is_charged_by_its_length(settings: Settings, tokens: Tokens) -> None:
    """A new document is charged for parsing and validation. Once cached as valid, it is charged like any other."""
    long = {"query": "{ hello }" + " " * 2000}
    with serve(settings, tokens, cost_per_peer=10_000) as url:
        async with connect(url) as client:
            first, second = [remaining_quota(await client.post("/graphql", json=long)) for _ in range(2)]

    assert 10_000 - len(long["query"]) <= first < 10_000 - 2000 + MIN_CHARGE
    assert abs(first - second - MIN_CHARGE) <= MIN_CHARGE  # the bucket refills a little in between


@pytest.mark.parametrize("caller", ["anonymous", "user"])
async def test_operations_over_a_socket_are_charged(settings: Settings, tokens: Tokens, token: str, caller: str) -> None:
    """Operations over a socket spend the same quota. One too many gets the same code, and the socket stays open."""
    with serve(settings, tokens, cost_per_peer=5 * MIN_CHARGE, cost_per_viewer=3 * MIN_CHARGE) as url:
        async with open_initialised(f"{url.replace('http', 'ws')}/graphql", token if caller == "user" else None) as socket:
            answers = []
            for number in range(4):
                await subscribe(socket, "{ hello }", str(number))
                answers.append(await receive(socket))
                if answers[-1]["type"] == "next":
                    assert (await receive(socket))["type"] == "complete"
            await send(socket, {"type": "ping"})
            pong = await receive(socket)

    refused = [answer for answer in answers if answer["type"] == "error"]
    assert {"RATE_LIMITED"} == {answer["payload"][0]["extensions"]["code"] for answer in refused}
    assert refused[0]["payload"][0]["extensions"]["retryAfter"] >= 1
    assert (answers[0]["type"], pong["type"]) == ("next", "pong")


async def test_opening_a_socket_is_charged(settings: Settings, tokens: Tokens) -> None:
    """Opening a socket costs the peer as much as a request. One too many is closed."""
    with serve(settings, tokens, cost_per_peer=2 * MIN_CHARGE) as url:
        address = f"{url.replace('http', 'ws')}/graphql"
        async with open_socket(address), open_socket(address), open_socket(address) as third:
            code, reason = await receive_close(third)

    assert code == 4429
    assert reason.startswith("RATE_LIMITED: ")


async def test_event_stream_is_charged(settings: Settings, tokens: Tokens) -> None:
    """An event stream is refused before it starts if the quota is spent."""
    with serve(settings, tokens, cost_per_peer=MIN_CHARGE) as url:
        first = await all_events(f"{url}/graphql", "subscription { ticks(many: 3) }")
        async with connect(url) as client:
            second = await client.post("/graphql", json=HELLO, headers={"Accept": "text/event-stream"})

    assert [1, 2, 3] == [data["data"]["ticks"] for name, data in first if name == "next"]
    assert (429, "RATE_LIMITED") == (second.status_code, second.json()["errors"][0]["extensions"]["code"])


ITEMS = "subscription { things(many: 10) { others { others { others { number } } } } }"
COST = 1 + 10 + 100 + 1000  # objects in one event
PAID_EVENTS = 3
STREAM_QUOTA = 2 * MIN_CHARGE + (1 + PAID_EVENTS) * COST + COST // 2  # the operation itself costs as much as an event


@pytest.mark.parametrize("signed_in", [False, True])
async def test_each_event_over_a_socket_is_charged(settings: Settings, tokens: Tokens, token: str, signed_in: bool) -> None:
    """An event costs as much as the operation. When the quota is spent, an error ends the subscription and the socket stays."""
    with serve(settings, tokens, cost_per_peer=STREAM_QUOTA, cost_per_viewer=STREAM_QUOTA) as url:
        async with open_initialised(f"{url.replace('http', 'ws')}/graphql", token if signed_in else None) as socket:
            await subscribe(socket, ITEMS)
            answers = [await receive(socket) for _ in range(PAID_EVENTS + 2)]
            await send(socket, {"type": "ping"})
            pong = await receive(socket)

    extensions = answers[-1]["payload"][0]["extensions"]
    assert ["next"] * (PAID_EVENTS + 1) + ["error"] == [answer["type"] for answer in answers]
    assert ("RATE_LIMITED", "pong") == (extensions["code"], pong["type"])
    assert 1 <= extensions["retryAfter"] <= WINDOW


async def test_each_event_of_a_stream_is_charged(settings: Settings, tokens: Tokens) -> None:
    """A stream ends with an error too, and a later request finds the quota spent."""
    with serve(settings, tokens, cost_per_peer=STREAM_QUOTA) as url:
        received = await all_events(f"{url}/graphql", ITEMS)
        async with connect(url) as client:
            later = remaining_quota(await client.post("/graphql", json=HELLO))

    *delivered, (_, last), (end, _) = received
    assert PAID_EVENTS + 1 == len(delivered)
    assert ("RATE_LIMITED", "complete") == (last["errors"][0]["extensions"]["code"], end)
    assert later < COST


async def test_comparison_is_charged_for_both_sides(settings: Settings, tokens: Tokens, token: str) -> None:
    """A caller whose quota is spent can't compare."""
    with serve(settings, tokens, cost_per_viewer=MIN_CHARGE) as url:
        async with connect(url, token) as client:
            answers = [await client.post("/diff", json=HELLO) for _ in range(2)]

    assert [None, "RATE_LIMITED"] == [_code(answer) for answer in answers]
    assert all("RateLimit" in answer.headers for answer in answers)


def _code(answer: httpx.Response) -> str | None:
    errors = json.loads(answer.content).get("errors")
    return errors[0]["extensions"]["code"] if errors else None


async def test_pages_of_other_origins_can_read_the_quota(settings: Settings, tokens: Tokens) -> None:
    """A browser lets pages read the quota headers."""
    with serve(settings, tokens) as url:
        async with connect(url) as client:
            answer = await client.post("/graphql", json=HELLO, headers={"Origin": "https://page.example"})

    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed)


async def test_health_probes_are_not_charged(settings: Settings, tokens: Tokens) -> None:
    """Health probes are always answered."""
    with serve(settings, tokens, cost_per_peer=MIN_CHARGE) as url:
        async with connect(url) as client:
            await client.post("/graphql", json=HELLO)
            statuses = {(await client.get("/livez")).status_code for _ in range(20)}

    assert {200} == statuses
