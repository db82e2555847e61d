"""GraphQL over WebSocket: the protocol to its letters, who is let in, and what is left when a socket ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from starlette.applications import Starlette
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from settings import Settings
from tests.transport.gateway import ADA, COMPANY, MEMBERSHIP, OPEN_SUBSCRIPTIONS, POLICY, REMOVED, make_app, running
from tests.transport.process import GatewayProcess
from transport.authentication.tokens import Tokens

SPOKEN = Subprotocol("graphql-transport-ws")
FORMER = Subprotocol("graphql-ws")
INIT = {"type": "connection_init"}
ACK = {"type": "connection_ack"}
OPERATIONS = 3


@pytest.fixture(scope="module")
def app(settings: Settings, tokens: Tokens) -> Starlette:
    """The gateway with a lower bound of operations."""
    return make_app(settings.model_copy(update={"max_socket_operations": OPERATIONS}), tokens)


@pytest.fixture(scope="module")
def served(app: Starlette, settings: Settings) -> Iterator[str]:
    """Where its sockets are."""
    with running(app, settings) as address:
        yield f"{address.replace('http', 'ws')}/graphql"


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[ClientConnection]:
    """A socket that speaks the protocol and has said nothing."""
    async with connect(url, **{"subprotocols": [SPOKEN], "proxy": None, **options}) as socket:
        yield socket


@asynccontextmanager
async def initialised(url: str, token: str | None = None, **options: Any) -> AsyncIterator[ClientConnection]:
    """A socket that may ask."""
    async with opened(url, **options) as socket:
        await send(socket, INIT | ({"payload": {"Authorization": f"Bearer {token}"}} if token else {}))
        assert await receive(socket) == ACK
        yield socket


async def send(socket: ClientConnection, message: Any) -> None:
    await socket.send(json.dumps(message))


async def subscribe(socket: ClientConnection, query: str, name: str = "1", **more: Any) -> None:
    await send(socket, {"type": "subscribe", "id": name, "payload": {"query": query, **more}})


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 30))


async def closing(socket: ClientConnection) -> tuple[int, str]:
    """How the gateway closes the socket, which has nothing else to say."""
    with pytest.raises(ConnectionClosed) as closed:
        await receive(socket)
    received = closed.value.rcvd
    assert received is not None
    return received.code, received.reason


async def eventually(true: Callable[[], bool]) -> bool:
    """Whether something comes true in a while."""
    for _ in range(200):
        if true():
            return True
        await asyncio.sleep(0.01)
    return False


def following(data: Any, name: str = "1") -> Any:
    return {"type": "next", "id": name, "payload": {"data": data}}


def complete(name: str = "1") -> Any:
    return {"type": "complete", "id": name}


async def test_a_client_of_others_speaks_with_it(served: str, token: str) -> None:
    """The client of the gql package runs a query, a mutation and a subscription over one socket."""
    transport = WebsocketsTransport(
        url=served, init_payload={"Authorization": f"Bearer {token}"}, subprotocols=[SPOKEN], connect_args={"proxy": None}
    )

    async with Client(transport=transport) as session:
        me = await session.execute(gql("{ me }"))
        bumped = await session.execute(gql("mutation { bump }"))
        ticks = [event async for event in session.subscribe(gql("subscription { ticks }"))]

    assert ({"me": str(ADA)}, {"bump": 1}, [{"ticks": 1}]) == (me, bumped, ticks)


async def test_subscription_from_first_to_last(served: str) -> None:
    """Each event is a `next`, and a source that ends is a `complete`."""
    async with initialised(served) as socket:
        await subscribe(socket, "subscription ($n: Int!) { ticks(many: $n) }", variables={"n": 2})
        messages = [await receive(socket) for _ in range(3)]

    assert [following({"ticks": 1}), following({"ticks": 2}), complete()] == messages


async def test_answers_are_those_of_http(served: str, token: str) -> None:
    """Variables and operation names are read, errors have places, paths and codes, and what is unexpected is masked."""
    async with initialised(served, token) as socket:
        document = "query A { me } query B($name: String!) { hello(name: $name) }"
        await subscribe(socket, document, variables={"name": "Ada"}, operationName="B")
        named = [await receive(socket), await receive(socket)]
        await subscribe(socket, "{ broken refused }")
        answer = (await receive(socket))["payload"]

    assert [following({"hello": "Hello, Ada!"}), complete()] == named
    assert {"broken": None, "refused": None} == answer["data"]
    codes = {tuple(error["path"]): error["extensions"]["code"] for error in answer["errors"]}
    assert {("broken",): "INTERNAL", ("refused",): "TOO_MANY"} == codes
    assert "swordfish" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { me } query B { me }", "OPERATION_NAME_REQUIRED"),
        ("query ($n: String!) { hello(name: $n) }", "BAD_USER_INPUT"),
        ("subscription ($n: Int!) { ticks(many: $n) }", "BAD_USER_INPUT"),
        ("{" + " hello" * 100 + "{ a" * 30 + "}" * 31, "OPERATION_TOO_DEEP"),
        ("{ slow(seconds: 30) }", "TIMEOUT"),
    ],
)
async def test_operations_that_are_refused(served: str, query: str, code: str) -> None:
    """What does not run is an `error`, the last that is heard of it; its id is free again and the socket stays open."""
    async with initialised(served) as socket:
        await subscribe(socket, query)
        refused = await receive(socket)
        await subscribe(socket, "{ hello }")
        next_one = await receive(socket)

    assert ("error", "1", [code]) == (
        refused["type"],
        refused["id"],
        [error["extensions"]["code"] for error in refused["payload"]],
    )
    assert following({"hello": "Hello, world!"}) == next_one


@pytest.mark.parametrize(("query", "code"), [("stopping", "TOO_MANY"), ("breaking", "INTERNAL")])
async def test_source_that_fails(served: str, query: str, code: str) -> None:
    """A subscription whose source fails ends with an error that has a code and tells nothing else."""
    async with initialised(served) as socket:
        await subscribe(socket, f"subscription {{ {query} }}")
        first, last = await receive(socket), await receive(socket)

    assert following({query: 1}) == first
    assert ("error", [code]) == (last["type"], [error["extensions"]["code"] for error in last["payload"]])
    assert "swordfish" not in json.dumps(last)


@pytest.mark.parametrize("subprotocols", [[FORMER], [Subprotocol("other")], None], ids=str)
async def test_other_protocols_are_not_spoken(served: str, subprotocols: list[Subprotocol] | None) -> None:
    """The former protocol, another one or none: the socket is closed as the protocol says (4406)."""
    async with opened(served, subprotocols=None, additional_headers=_offering(subprotocols)) as socket:
        assert (4406, "Use the subprotocol graphql-transport-ws.") == await closing(socket)


def _offering(subprotocols: list[Subprotocol] | None) -> dict[str, str]:
    return {"Sec-WebSocket-Protocol": ", ".join(subprotocols)} if subprotocols else {}


async def test_the_protocol_is_found_among_others(served: str) -> None:
    """A client that offers several protocols is answered in the one that is spoken."""
    async with opened(served, subprotocols=[FORMER, SPOKEN]) as socket:
        assert socket.subprotocol == SPOKEN


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
async def test_credentials_in_the_first_message(served: str, token: str, name: str) -> None:
    """The payload of `connection_init` names the viewer, as a header would."""
    async with opened(served) as socket:
        await send(socket, INIT | {"payload": {name: f"Bearer {token}"}})
        await receive(socket)
        await subscribe(socket, "{ me }")

        assert following({"me": str(ADA)}) == await receive(socket)


async def test_credentials_in_the_header(served: str, token: str) -> None:
    """A client that can set headers may send its token there."""
    async with initialised(served, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        await subscribe(socket, "{ me }")

        assert following({"me": str(ADA)}) == await receive(socket)


@pytest.mark.parametrize("init", [INIT, INIT | {"payload": None}, INIT | {"payload": {}}], ids=str)
async def test_a_visitor_is_anonymous(served: str, init: Any) -> None:
    """Whoever has no credentials is nobody."""
    async with opened(served) as socket:
        await send(socket, init)
        await receive(socket)
        await subscribe(socket, "{ me }")

        assert following({"me": "None"}) == await receive(socket)


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ("Bearer swordfish", "The token is not valid. Sign in again."),
        ("swordfish", "Send one token, as Authorization: Bearer TOKEN."),
        (7, "Authorization must be a string."),
    ],
)
async def test_credentials_that_are_not_believed(served: str, authorization: Any, reason: str) -> None:
    """Bad credentials close the socket (4403); they are never taken for a visitor's."""
    async with opened(served) as socket:
        await send(socket, INIT | {"payload": {"Authorization": authorization}})

        assert (4403, reason) == await closing(socket)


async def test_bad_credentials_in_the_header(served: str, token: str) -> None:
    """A bad header is not mended by a good message: two credentials are one too many."""
    async with opened(served, additional_headers={"Authorization": "Bearer swordfish"}) as socket:
        await send(socket, INIT | {"payload": {"Authorization": f"Bearer {token}"}})

        assert (4403, "Send one token, as Authorization: Bearer TOKEN.") == await closing(socket)


@pytest.mark.parametrize("spelled", ["Bearer {}", "bearer {}", "Bearer   {} ", "BEARER {}", " \tBearer {}\n"])
async def test_the_same_credentials_twice_are_one(served: str, token: str, spelled: str) -> None:
    """Some clients send their token in the header and in `connection_init`: equal ones say the same."""
    header = {"Authorization": f"Bearer {token}"}
    async with opened(served, additional_headers=header) as socket:
        await send(socket, INIT | {"payload": {"Authorization": spelled.format(token), "authorization": f"Bearer {token}"}})
        await receive(socket)
        await subscribe(socket, "{ me }")

        assert following({"me": str(ADA)}) == await receive(socket)


async def test_gql_sends_its_token_twice(served: str, token: str) -> None:
    """The client of the gql package is let in with a header and an init payload."""
    header = {"Authorization": f"Bearer {token}"}
    transport = WebsocketsTransport(
        url=served, headers=header, init_payload=header, subprotocols=[SPOKEN], connect_args={"proxy": None}
    )

    async with Client(transport=transport) as session:
        assert {"me": str(ADA)} == await session.execute(gql("{ me }"))


async def test_two_users_tokens_are_refused(served: str, token: str, tokens: Tokens) -> None:
    """Two good tokens that differ leave it open who asks, even those of one user."""
    async with opened(served, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        await send(socket, INIT | {"payload": {"Authorization": f"Bearer {tokens.issue(ADA, MEMBERSHIP, 60)}"}})

        assert (4403, "Send one token, as Authorization: Bearer TOKEN.") == await closing(socket)


async def test_a_token_in_the_address_closes_the_socket(served: str, token: str) -> None:
    """Addresses are logged, so no token belongs there."""
    async with opened(f"{served}?access_token={token}") as socket:
        assert (4400, "Send the token in connection_init or in the Authorization header, not in the URL.") == await closing(
            socket
        )


@pytest.mark.parametrize(
    "message",
    [
        '{"type": "ping", "type": "connection_init"}',
        '{"type": "ping", "payload": {"a": {"b": 1, "c": 2, "b": 1}}}',
    ],
)
async def test_a_key_that_stands_twice_in_a_message_closes_the_socket(served: str, message: str) -> None:
    """A message that says two things at once is none of the protocol's."""
    async with opened(served) as socket:
        await socket.send(message)
        code, reason = await closing(socket)

    assert (4400, True) == (code, reason.endswith("in one object. Send each key once."))


async def test_a_user_who_is_gone(served: str, tokens: Tokens) -> None:
    """A good token of somebody who is no more lets nobody in."""
    async with opened(served) as socket:
        await send(socket, INIT | {"payload": {"Authorization": f"Bearer {tokens.issue(REMOVED, MEMBERSHIP, 60)}"}})

        assert (4403, "The account of this token no longer exists.") == await closing(socket)


async def test_a_token_that_expires_ends_the_socket(served: str, tokens: Tokens) -> None:
    """A subscription does not outlive its token, whether anything happens or not."""
    async with initialised(served, tokens.issue(ADA, MEMBERSHIP, 2)) as socket:
        await subscribe(socket, "subscription { waiting }")
        first = await receive(socket)
        ended = await closing(socket)

    assert following({"waiting": str(ADA)}) == first
    assert (4403, "The token has expired. Sign in again.") == ended
    assert await eventually(lambda: not OPEN_SUBSCRIPTIONS)


async def test_a_client_that_does_not_say_who_it_is(served: str) -> None:
    """A socket on which nothing is said is closed after a while (4408)."""
    async with opened(served) as socket:
        assert (4408, "Connection initialisation timeout") == await closing(socket)


async def test_who_has_said_who_it_is_may_be_silent(served: str) -> None:
    """The time limit is for the first message only."""
    async with initialised(served) as socket:
        await asyncio.sleep(1.2)
        await send(socket, {"type": "ping"})

        assert {"type": "pong"} == await receive(socket)


INVALID = [
    ("{", 4400, "Messages must be JSON text."),
    (b"\x00", 4400, "Messages must be JSON text."),
    ("[]", 4400, "Messages must be JSON objects."),
    ("{}", 4400, "Unknown message type."),
    ('{"type": "start"}', 4400, "Unknown message type."),
    ('{"type": ["ping"]}', 4400, "Unknown message type."),
    ('{"type": "connection_init"}', 4429, "Too many initialisation requests"),
    ('{"type": "complete"}', 4400, "The message id must be a non-empty string."),
    ('{"type": "subscribe"}', 4400, "The message id must be a non-empty string."),
    ('{"type": "subscribe", "id": 1}', 4400, "The message id must be a non-empty string."),
    ('{"type": "subscribe", "id": "1"}', 4400, "The payload of subscribe must be an object."),
    ('{"type": "subscribe", "id": "1", "payload": {}}', 4400, "Parameter query is missing or not a string."),
    (
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ me }", "variables": []}}',
        4400,
        "Parameter variables must be an object.",
    ),
]


@pytest.mark.parametrize(("message", "code", "reason"), INVALID)
async def test_messages_that_are_none(served: str, message: str | bytes, code: int, reason: str) -> None:
    """Whoever breaks the protocol is closed, and told how it was broken."""
    async with initialised(served) as socket:
        await socket.send(message)

        assert (code, reason) == await closing(socket)


async def test_a_first_message_that_is_none(served: str) -> None:
    """The payload of `connection_init` is an object."""
    async with opened(served) as socket:
        await send(socket, INIT | {"payload": "swordfish"})

        assert (4400, "The payload of connection_init must be an object.") == await closing(socket)


async def test_asking_before_being_let_in(served: str) -> None:
    """Nothing runs before `connection_ack` (4401)."""
    async with opened(served) as socket:
        await subscribe(socket, "{ hello }")

        assert (4401, "Unauthorized") == await closing(socket)


@pytest.mark.parametrize("name", ["1", "ü" * 200])
async def test_an_id_that_is_taken(served: str, name: str) -> None:
    """Two operations at once may not have one id (4409), however long it is."""
    async with initialised(served) as socket:
        await subscribe(socket, "subscription { waiting }", name)
        await receive(socket)
        await subscribe(socket, "{ hello }", name)
        code, reason = await closing(socket)

    assert code == 4409
    assert f"Subscriber for {name} already exists".startswith(reason)


async def test_a_message_that_is_too_large(served: str) -> None:
    """A message above the limit of bodies closes the socket (1009)."""
    async with initialised(served) as socket:
        await subscribe(socket, "{ hello }" + " " * 10_000)

        assert (await closing(socket))[0] == 1009


async def test_pings_are_answered_with_their_payload(served: str) -> None:
    """A ping may come at any time, before the first message too; a pong is nobody's business."""
    async with opened(served) as socket:
        await send(socket, {"type": "pong"})
        await send(socket, {"type": "ping", "payload": {"at": 1}})

        assert {"type": "pong", "payload": {"at": 1}} == await receive(socket)


async def test_a_client_ends_a_subscription(served: str) -> None:
    """After `complete` nothing of the operation comes or is kept, and its id is free; an id that is not there is no error."""
    async with initialised(served) as socket:
        await subscribe(socket, "subscription { waiting }")
        await receive(socket)
        followed = len(OPEN_SUBSCRIPTIONS)
        await send(socket, complete())
        await send(socket, complete("nobody's"))
        await subscribe(socket, "{ hello }")

        assert [following({"hello": "Hello, world!"}), complete()] == [await receive(socket), await receive(socket)]
        assert followed == 1
        assert await eventually(lambda: not OPEN_SUBSCRIPTIONS)


async def test_operations_at_once_are_bounded(served: str) -> None:
    """One more than may run at once is refused; when one is done there is room again."""
    async with initialised(served) as socket:
        for number in range(OPERATIONS):
            await subscribe(socket, "subscription { waiting }", str(number))
            await receive(socket)
        await subscribe(socket, "{ hello }", "more")
        refused = await receive(socket)
        await send(socket, complete("0"))
        await subscribe(socket, "{ hello }", "more")
        served_now = await receive(socket)

    [error] = refused["payload"]
    assert ("error", "more", "TOO_MANY_OPERATIONS") == (refused["type"], refused["id"], error["extensions"]["code"])
    assert following({"hello": "Hello, world!"}, "more") == served_now


@pytest.mark.parametrize("way", ["close", "abort"])
async def test_a_client_that_leaves_frees_everything(app: Starlette, served: str, way: str) -> None:
    """A socket that its client closes, or just drops, leaves no operation and no connection behind."""
    async with initialised(served) as socket:
        await subscribe(socket, "subscription { waiting }")
        await receive(socket)
        open_before = app.state.connections.number, len(OPEN_SUBSCRIPTIONS)
        if way == "abort":
            socket.transport.abort()

    assert (1, 1) == open_before
    assert await eventually(lambda: not OPEN_SUBSCRIPTIONS and not app.state.connections.number)


async def test_origins_that_are_not_allowed(settings: Settings, tokens: Tokens) -> None:
    """A page of another origin than the settings allow gets no socket; the gateway's own and programs, which have none, do."""
    strict = settings.model_copy(update={"allowed_origins": ("https://portal.example",)})
    with running(make_app(strict, tokens), strict) as address:
        url = f"{address.replace('http', 'ws')}/graphql"
        async with opened(url, origin="https://portal.example"), opened(url, origin=address), opened(url):
            pass
        for origin in ("https://evil.example", "http://[::1", "http://[", "null", ""):
            with pytest.raises(InvalidStatus) as refused:
                async with opened(url, origin=origin):
                    pass

            assert refused.value.response.status_code == 403


async def test_other_addresses_have_no_socket(served: str) -> None:
    """There is one address."""
    with pytest.raises(InvalidStatus) as refused:
        async with opened(served + "s"):
            pass

    assert refused.value.response.status_code == 403


async def test_a_gateway_that_stops_says_goodbye(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """Sockets are closed as going away (1001); what has one answer is finished before, what has many is not."""
    url = f"{process.address.replace('http', 'ws')}/graphql"
    async with initialised(url, tokens_of_process.issue(ADA, MEMBERSHIP, 60)) as socket:
        await subscribe(socket, "subscription { waiting }", "many")
        await receive(socket)
        await subscribe(socket, "{ slow(seconds: 0.5) }", "one")
        await send(socket, {"type": "ping"})
        assert {"type": "pong"} == await receive(socket)  # messages are handled in their order, so "one" has begun
        process.terminate()
        answered = [await receive(socket), await receive(socket)]
        ended = await closing(socket)

    assert [following({"slow": "done"}, "one"), complete("one")] == answered
    assert (1001, "The gateway is shutting down. Reconnect.") == ended
    assert "Cancel" not in process.output


async def test_what_the_log_says_of_a_socket(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """A line for each operation and one for the socket say who asked what, and no token, variable, query string or id."""
    token = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    url = f"{process.address.replace('http', 'ws')}/graphql?token={token}"
    async with initialised(url, token, additional_headers={"X-Request-ID": "the-socket-1"}) as socket:
        document = "query Greeting($name: String!) { hello(name: $name) }"
        await subscribe(socket, document, "swordfish", variables={"name": "swordfish"})
        await receive(socket)
        await receive(socket)
        await send(socket, {"type": "swordfish"})
        await closing(socket)
    process.stop()

    [operation] = [line for line in process.lines if line["event"] == "operation"]
    [request] = [line for line in process.lines if line["event"] == "request"]
    for line in (operation, request):
        del line["timestamp"], line["milliseconds"]
    who = {"user_id": str(ADA), "company_id": str(COMPANY), "policy": POLICY, "level": "info"}
    assert operation == who | {
        "event": "operation",
        "logger": "crossgate.request",
        "request_id": "the-socket-1.1",
        "operation": "Greeting",
        "operation_type": "query",
        "cost": 0,
        "answers": 1,
    }
    assert request == who | {
        "event": "request",
        "logger": "crossgate.request",
        "request_id": "the-socket-1",
        "method": "GET",
        "path": "/graphql",
        "status": 101,
        "closed": 4400,
    }
    assert token not in process.output
    assert "swordfish" not in process.output
