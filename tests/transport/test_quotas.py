"""Quotas: what buckets hold, what each way in is charged, and how a client learns of it."""

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
from tests.transport.gateway import make_app, running
from tests.transport.test_sse import all_events
from tests.transport.test_websocket import closing, initialised, opened, receive, send, subscribe
from transport.authentication.tokens import Tokens
from transport.limits.quotas import MIN_CHARGE, SHARED_BUCKETS, WINDOW, Buckets

QUOTA = 3 * MIN_CHARGE
HELLO = {"query": "{ hello }"}
POLICY = f'"cost";q={QUOTA};w={WINDOW}'


class Clock:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_is_spent_and_fills_again() -> None:
    """It gives what it holds, refuses more and says when that would fit, and is full after its window."""
    clock = Clock()
    buckets = Buckets(600, clock=clock)

    first, second, third = buckets.charge("a", 500), buckets.charge("a", 100), buckets.charge("a", 10)
    clock.now += 1
    fourth = buckets.charge("a", 10)
    clock.now += WINDOW
    fifth = buckets.charge("a", 600)

    assert [(True, 100, 50), (True, 0, 60), (False, 0, 1)] == [(b.allowed, b.left, b.seconds) for b in (first, second, third)]
    assert (fourth.allowed, fifth.allowed) == (True, True)


def test_more_than_a_quota_needs_a_full_bucket() -> None:
    """What costs more than a bucket holds is not refused for ever: it takes all that a full one has."""
    clock = Clock()
    buckets = Buckets(100, clock=clock)

    first, second = buckets.charge("a", 5000), buckets.charge("a", 5000)
    clock.now += WINDOW
    third = buckets.charge("a", 5000)

    assert [True, False, True] == [first.allowed, second.allowed, third.allowed]
    assert (0, WINDOW) == (first.left, second.seconds)


def test_buckets_are_apart() -> None:
    """Whoever spends its own spends nobody else's."""
    buckets = Buckets(100, clock=Clock())

    assert [True, False, True] == [buckets.charge(owner, 100).allowed for owner in ("a", "a", "b")]


def test_full_buckets_are_dropped() -> None:
    """A bucket that is full again needs no memory."""
    clock = Clock()
    buckets = Buckets(100, clock=clock)
    for number in range(1000):
        buckets.charge(number, 1)
    clock.now += WINDOW
    for number in range(600):
        buckets.charge(f"later {number}", 1)

    assert len(buckets) == 600


def test_a_flood_refills_no_bucket_and_takes_none_from_others() -> None:
    """With no place for more buckets, those that are kept stay as they are, newcomers share some, and memory is bounded."""
    buckets = Buckets(100, max_buckets=50, clock=Clock())
    buckets.charge("attacker", 100)
    buckets.charge("honest", 10)

    flood = [buckets.charge(f"peer {number}", 100).allowed for number in range(20_000)]

    assert not buckets.charge("attacker", 1).allowed
    assert buckets.charge("honest", 90).allowed
    assert sum(flood) <= 50 + SHARED_BUCKETS
    assert len(buckets) <= 50 + SHARED_BUCKETS


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 2000)), max_size=40))
def test_no_order_of_charges_gives_more_than_the_quota_and_what_fills(charges: list[tuple[float, int]]) -> None:
    """Whatever is asked at whatever times, what is given is at most the quota and what has filled since."""
    clock = Clock()
    buckets, taken = Buckets(1000, clock=clock), 0
    started = clock.now
    for pause, amount in charges:
        clock.now += pause
        balance = buckets.charge("a", amount)
        taken += min(amount, 1000) if balance.allowed else 0
        assert 0 <= balance.left <= 1000
        assert balance.seconds >= 0
        assert taken <= 1000 + (clock.now - started) * 1000 / WINDOW + 1


@contextmanager
def served(settings: Settings, tokens: Tokens, **bounds: Any) -> Iterator[str]:
    """A gateway with quotas of its own."""
    own = settings.model_copy(update={"cost_per_viewer": QUOTA, "cost_per_peer": QUOTA, **bounds})
    with running(make_app(own, tokens), own) as url:
        yield url


def left_of(answer: httpx.Response) -> int:
    """What an answer says is left of the quota."""
    found = re.fullmatch(r'"cost";r=(\d+);t=\d+', answer.headers["RateLimit"])
    assert found is not None
    return int(found[1])


@asynccontextmanager
async def client_of(url: str, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("signed_in", [False, True])
async def test_requests_are_charged_until_the_quota_is_spent(
    settings: Settings, tokens: Tokens, token: str, signed_in: bool
) -> None:
    """Each answer tells the quota and what is left; one request too many gets 429, a stable code and when to come again."""
    with served(settings, tokens) as url:
        async with client_of(url, token if signed_in else None) as client:
            answers = [await client.post("/graphql", json=HELLO) for _ in range(4)]

    assert [200, 200, 200, 429] == [answer.status_code for answer in answers]
    assert [POLICY] * 4 == [answer.headers["RateLimit-Policy"] for answer in answers]
    assert [200, 100, 0, 0] == [left_of(answer) // MIN_CHARGE * MIN_CHARGE for answer in answers]
    refused = answers[-1]
    (error,) = refused.json()["errors"]
    seconds = int(refused.headers["Retry-After"])
    assert ("RATE_LIMITED", seconds) == (error["extensions"]["code"], error["extensions"]["retryAfter"])
    assert refused.headers["RateLimit"] == f'"cost";r={left_of(refused)};t={seconds}'
    assert 1 <= seconds <= WINDOW


async def test_users_and_visitors_of_one_address_spend_apart(settings: Settings, tokens: Tokens, token: str) -> None:
    """Visitors who have spent their peer's quota leave a user of the same address its own."""
    with served(settings, tokens) as url:
        async with client_of(url) as visitor, client_of(url, token) as user:
            anonymous = [(await visitor.post("/graphql", json=HELLO)).status_code for _ in range(4)]
            signed_in = (await user.post("/graphql", json=HELLO)).status_code

    assert ([200, 200, 200, 429], 200) == (anonymous, signed_in)


async def test_a_user_has_one_quota_for_all_its_tokens(settings: Settings, tokens: Tokens, token: str) -> None:
    """Another token of the same user refills nothing."""
    another = tokens.issue(*_names(tokens, token), 60)
    with served(settings, tokens, cost_per_viewer=MIN_CHARGE) as url:
        async with client_of(url, token) as first, client_of(url, another) as second:
            statuses = [(await client.post("/graphql", json=HELLO)).status_code for client in (first, second)]

    assert [200, 429] == statuses


def _names(tokens: Tokens, token: str) -> tuple[Any, Any]:
    claims = tokens.verify(token)
    return claims.user_id, claims.membership_id


@pytest.mark.parametrize(
    "query",
    ["{ nope", "{ nope }", "query A { hello } query B { hello }", "{ hello(name: 1) }"],
    ids=["no GraphQL", "not of the schema", "no operation chosen", "a wrong argument"],
)
async def test_what_is_refused_is_charged_too(settings: Settings, tokens: Tokens, query: str) -> None:
    """A document that cannot run has to be read all the same."""
    with served(settings, tokens, cost_per_peer=MIN_CHARGE) as url:
        async with client_of(url) as client:
            statuses = [(await client.post("/graphql", json={"query": query})).status_code for _ in range(2)]

    assert statuses[1] == 429
    assert statuses[0] != 429


async def test_a_document_that_is_not_known_is_charged_by_its_length(settings: Settings, tokens: Tokens) -> None:
    """It is parsed and validated for the first time; once it is known to be valid, it is charged like any other."""
    long = {"query": "{ hello }" + " " * 2000}
    with served(settings, tokens, cost_per_peer=10_000) as url:
        async with client_of(url) as client:
            first, second = [left_of(await client.post("/graphql", json=long)) for _ in range(2)]

    assert 10_000 - len(long["query"]) <= first < 10_000 - 2000 + MIN_CHARGE
    assert abs(first - second - MIN_CHARGE) <= MIN_CHARGE  # some fills meanwhile


@pytest.mark.parametrize("token_of", ["nobody", "a user"])
async def test_a_socket_is_charged_for_its_operations(settings: Settings, tokens: Tokens, token: str, token_of: str) -> None:
    """Operations over one socket spend the quota of HTTP, and one too many ends with the same code; the socket stays open."""
    with served(settings, tokens, cost_per_peer=5 * MIN_CHARGE, cost_per_viewer=3 * MIN_CHARGE) as url:
        async with initialised(f"{url.replace('http', 'ws')}/graphql", token if token_of == "a user" else None) as socket:
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


async def test_opening_sockets_is_charged(settings: Settings, tokens: Tokens) -> None:
    """A socket costs the peer as a request does, though nothing is asked over it; one too many is closed."""
    with served(settings, tokens, cost_per_peer=2 * MIN_CHARGE) as url:
        address = f"{url.replace('http', 'ws')}/graphql"
        async with opened(address), opened(address), opened(address) as third:
            code, reason = await closing(third)

    assert code == 4429
    assert reason.startswith("RATE_LIMITED: ")


async def test_a_stream_of_events_is_charged(settings: Settings, tokens: Tokens) -> None:
    """A stream that finds the quota spent is refused before it begins."""
    with served(settings, tokens, cost_per_peer=MIN_CHARGE) as url:
        first = await all_events(f"{url}/graphql", "subscription { ticks(many: 3) }")
        async with client_of(url) as client:
            second = await client.post("/graphql", json=HELLO, headers={"Accept": "text/event-stream"})

    assert [1, 2, 3] == [data["data"]["ticks"] for name, data in first if name == "next"]
    assert (429, "RATE_LIMITED") == (second.status_code, second.json()["errors"][0]["extensions"]["code"])


THINGS = "subscription { things(many: 10) { others { others { others { number } } } } }"
COST = 1 + 10 + 100 + 1000  # objects of an event
PAID = 3  # events
FOLLOWED_QUOTA = 2 * MIN_CHARGE + (1 + PAID) * COST + COST // 2  # the operation itself costs as much as an event


@pytest.mark.parametrize("signed_in", [False, True])
async def test_each_event_over_a_socket_is_charged(settings: Settings, tokens: Tokens, token: str, signed_in: bool) -> None:
    """An event costs what the operation does. Where the quota is spent an error ends the subscription, and the socket stays."""
    with served(settings, tokens, cost_per_peer=FOLLOWED_QUOTA, cost_per_viewer=FOLLOWED_QUOTA) as url:
        async with initialised(f"{url.replace('http', 'ws')}/graphql", token if signed_in else None) as socket:
            await subscribe(socket, THINGS)
            answers = [await receive(socket) for _ in range(PAID + 2)]
            await send(socket, {"type": "ping"})
            pong = await receive(socket)

    extensions = answers[-1]["payload"][0]["extensions"]
    assert ["next"] * (PAID + 1) + ["error"] == [answer["type"] for answer in answers]
    assert ("RATE_LIMITED", "pong") == (extensions["code"], pong["type"])
    assert 1 <= extensions["retryAfter"] <= WINDOW


async def test_each_event_of_a_stream_is_charged(settings: Settings, tokens: Tokens) -> None:
    """A stream ends with an error too, and a request after it finds the quota spent."""
    with served(settings, tokens, cost_per_peer=FOLLOWED_QUOTA) as url:
        received = await all_events(f"{url}/graphql", THINGS)
        async with client_of(url) as client:
            later = left_of(await client.post("/graphql", json=HELLO))

    *told, (_, last), (end, _) = received
    assert PAID + 1 == len(told)
    assert ("RATE_LIMITED", "complete") == (last["errors"][0]["extensions"]["code"], end)
    assert later < COST


async def test_a_comparison_is_charged_for_both_sides(settings: Settings, tokens: Tokens, token: str) -> None:
    """Whoever has spent its quota compares nothing."""
    with served(settings, tokens, cost_per_viewer=MIN_CHARGE) as url:
        async with client_of(url, token) as client:
            answers = [await client.post("/diff", json=HELLO) for _ in range(2)]

    assert [None, "RATE_LIMITED"] == [_code(answer) for answer in answers]
    assert all("RateLimit" in answer.headers for answer in answers)


def _code(answer: httpx.Response) -> str | None:
    errors = json.loads(answer.content).get("errors")
    return errors[0]["extensions"]["code"] if errors else None


async def test_pages_of_other_origins_may_read_the_quota(settings: Settings, tokens: Tokens) -> None:
    """A browser shows a page the headers that tell of the quota."""
    with served(settings, tokens) as url:
        async with client_of(url) as client:
            answer = await client.post("/graphql", json=HELLO, headers={"Origin": "https://page.example"})

    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed)


async def test_probes_are_not_charged(settings: Settings, tokens: Tokens) -> None:
    """Whoever looks whether the gateway lives is answered always."""
    with served(settings, tokens, cost_per_peer=MIN_CHARGE) as url:
        async with client_of(url) as client:
            await client.post("/graphql", json=HELLO)
            statuses = {(await client.get("/livez")).status_code for _ in range(20)}

    assert {200} == statuses
