"""GraphQL over WebSocket: the protocol in detail, authentication, and cleanup when a socket ends."""

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

PROTOCOL = Subprotocol("graphql-transport-ws")
LEGACY_PROTOCOL = Subprotocol("graphql-ws")
INIT = {"type": "connection_init"}
ACK = {"type": "connection_ack"}
MAX_OPERATIONS = 3


@pytest.fixture(scope="module")
def app(settings: Settings, tokens: Tokens) -> Starlette:
    """The gateway with a lower limit on operations."""
    return make_app(settings.model_copy(update={"max_socket_operations": MAX_OPERATIONS}), tokens)


@pytest.fixture(scope="module")
def endpoint(app: Starlette, settings: Settings) -> Iterator[str]:
    """The WebSocket URL of its endpoint."""
    with running(app, settings) as address:
        yield f"{address.replace('http', 'ws')}/graphql"


@asynccontextmanager
async def open_socket(url: str, **options: Any) -> AsyncIterator[ClientConnection]:
    """Open a socket that speaks the protocol, without sending anything."""
    async with connect(url, **{"subprotocols": [PROTOCOL], "proxy": None, **options}) as socket:
        yield socket


@asynccontextmanager
async def open_initialised(url: str, token: str | None = None, **options: Any) -> AsyncIterator[ClientConnection]:
    """Open a socket and complete the handshake."""
    async with open_socket(url, **options) as socket:
        await send(socket, INIT | ({"payload": {"Authorization": f"Bearer {token}"}} if token else {}))
        assert await receive(socket) == ACK
        yield socket


async def send(socket: ClientConnection, message: Any) -> None:
    await socket.send(json.dumps(message))


async def subscribe(socket: ClientConnection, query: str, name: str = "1", **more: Any) -> None:
    await send(socket, {"type": "subscribe", "id": name, "payload": {"query": query, **more}})


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 30))


async def receive_close(socket: ClientConnection) -> tuple[int, str]:
    """Return the code and reason with which the gateway closes the socket. Fails if it sends anything else."""
    with pytest.raises(ConnectionClosed) as closed:
        await receive(socket)
    received = closed.value.rcvd
    assert received is not None
    return received.code, received.reason


async def eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition becomes true within 2 seconds."""
    for _ in range(200):
        if condition():
            return True
        await asyncio.sleep(0.01)
    return False


def next_message(data: Any, name: str = "1") -> Any:
    return {"type": "next", "id": name, "payload": {"data": data}}


def complete_message(name: str = "1") -> Any:
    return {"type": "complete", "id": name}


async def test_gql_client_can_use_the_socket(endpoint: str, token: str) -> None:
    """The client of the gql package runs a query, a mutation and a subscription over one socket."""
    transport = WebsocketsTransport(
        url=endpoint, init_payload={"Authorization": f"Bearer {token}"}, subprotocols=[PROTOCOL], connect_args={"proxy": None}
    )

    async with Client(transport=transport) as session:
        me = await session.execute(gql("{ me }"))
        bumped = await session.execute(gql("mutation { bump }"))
        ticks = [event async for event in session.subscribe(gql("subscription { ticks }"))]

    assert ({"me": str(ADA)}, {"bump": 1}, [{"ticks": 1}]) == (me, bumped, ticks)


async def test_subscription_sends_its_events_and_completes(endpoint: str) -> None:
    """Each event is a `next` message, and the end of the source a `complete`."""
    async with open_initialised(endpoint) as socket:
        await subscribe(socket, "subscription ($n: Int!) { ticks(many: $n) }", variables={"n": 2})
        messages = [await receive(socket) for _ in range(3)]

    assert [next_message({"ticks": 1}), next_message({"ticks": 2}), complete_message()] == messages


async def test_results_are_the_same_as_over_http(endpoint: str, token: str) -> None:
    """Variables and operation names are used, errors have paths and codes, and unexpected errors are masked."""
    async with open_initialised(endpoint, token) as socket:
        document = "query A { me } query B($name: String!) { hello(name: $name) }"
        await subscribe(socket, document, variables={"name": "Ada"}, operationName="B")
        named = [await receive(socket), await receive(socket)]
        await subscribe(socket, "{ broken refused }")
        answer = (await receive(socket))["payload"]

    assert [next_message({"hello": "Hello, Ada!"}), complete_message()] == named
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
async def test_refused_operation_sends_an_error_and_frees_its_id(endpoint: str, query: str, code: str) -> None:
    """A refused operation sends one `error`. Its id can be used again, and the socket stays open."""
    async with open_initialised(endpoint) as socket:
        await subscribe(socket, query)
        refused = await receive(socket)
        await subscribe(socket, "{ hello }")
        following = await receive(socket)

    assert ("error", "1", [code]) == (
        refused["type"],
        refused["id"],
        [error["extensions"]["code"] for error in refused["payload"]],
    )
    assert next_message({"hello": "Hello, world!"}) == following


@pytest.mark.parametrize(("query", "code"), [("stopping", "TOO_MANY"), ("breaking", "INTERNAL")])
async def test_failing_source_ends_with_an_error(endpoint: str, query: str, code: str) -> None:
    """A subscription whose source fails ends with a coded error that reveals nothing else."""
    async with open_initialised(endpoint) as socket:
        await subscribe(socket, f"subscription {{ {query} }}")
        first, last = await receive(socket), await receive(socket)

    assert next_message({query: 1}) == first
    assert ("error", [code]) == (last["type"], [error["extensions"]["code"] for error in last["payload"]])
    assert "swordfish" not in json.dumps(last)


@pytest.mark.parametrize("subprotocols", [[LEGACY_PROTOCOL], [Subprotocol("other")], None], ids=str)
async def test_other_subprotocols_close_the_socket(endpoint: str, subprotocols: list[Subprotocol] | None) -> None:
    """The legacy protocol, an unknown one or none closes the socket with 4406."""
    async with open_socket(endpoint, subprotocols=None, additional_headers=_protocol_header(subprotocols)) as socket:
        assert (4406, "Use the subprotocol graphql-transport-ws.") == await receive_close(socket)


def _protocol_header(subprotocols: list[Subprotocol] | None) -> dict[str, str]:
    return {"Sec-WebSocket-Protocol": ", ".join(subprotocols)} if subprotocols else {}


async def test_supported_subprotocol_is_chosen(endpoint: str) -> None:
    """From several offered subprotocols, the gateway picks the supported one."""
    async with open_socket(endpoint, subprotocols=[LEGACY_PROTOCOL, PROTOCOL]) as socket:
        assert socket.subprotocol == PROTOCOL


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
async def test_credentials_in_connection_init(endpoint: str, token: str, name: str) -> None:
    """The payload of `connection_init` identifies the viewer like a header."""
    async with open_socket(endpoint) as socket:
        await send(socket, INIT | {"payload": {name: f"Bearer {token}"}})
        await receive(socket)
        await subscribe(socket, "{ me }")

        assert next_message({"me": str(ADA)}) == await receive(socket)


async def test_credentials_in_the_header(endpoint: str, token: str) -> None:
    """A client that can set headers may send its token there."""
    async with open_initialised(endpoint, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        await subscribe(socket, "{ me }")

        assert next_message({"me": str(ADA)}) == await receive(socket)


@pytest.mark.parametrize("init", [INIT, INIT | {"payload": None}, INIT | {"payload": {}}], ids=str)
async def test_socket_without_credentials_is_anonymous(endpoint: str, init: Any) -> None:
    """A socket without credentials is anonymous."""
    async with open_socket(endpoint) as socket:
        await send(socket, init)
        await receive(socket)
        await subscribe(socket, "{ me }")

        assert next_message({"me": "None"}) == await receive(socket)


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ("Bearer swordfish", "The token is not valid. Sign in again."),
        ("swordfish", "Send one token, as Authorization: Bearer TOKEN."),
        (7, "Authorization must be a string."),
    ],
)
async def test_invalid_credentials_close_the_socket(endpoint: str, authorization: Any, reason: str) -> None:
    """Invalid credentials close the socket with 4403. They are never treated as anonymous."""
    async with open_socket(endpoint) as socket:
        await send(socket, INIT | {"payload": {"Authorization": authorization}})

        assert (4403, reason) == await receive_close(socket)


async def test_invalid_header_is_not_replaced_by_connection_init(endpoint: str, token: str) -> None:
    """An invalid header isn't fixed by a valid message: two different credentials are refused."""
    async with open_socket(endpoint, additional_headers={"Authorization": "Bearer swordfish"}) as socket:
        await send(socket, INIT | {"payload": {"Authorization": f"Bearer {token}"}})

        assert (4403, "Send one token, as Authorization: Bearer TOKEN.") == await receive_close(socket)


@pytest.mark.parametrize("authorization", ["Bearer {}", "bearer {}", "Bearer   {} ", "BEARER {}", " \tBearer {}\n"])
async def test_equal_credentials_can_be_sent_twice(endpoint: str, token: str, authorization: str) -> None:
    """Some clients send their token in the header and in `connection_init`. Equal ones are accepted."""
    header = {"Authorization": f"Bearer {token}"}
    async with open_socket(endpoint, additional_headers=header) as socket:
        await send(
            socket, INIT | {"payload": {"Authorization": authorization.format(token), "authorization": f"Bearer {token}"}}
        )
        await receive(socket)
        await subscribe(socket, "{ me }")

        assert next_message({"me": str(ADA)}) == await receive(socket)


async def test_gql_client_can_send_its_token_twice(endpoint: str, token: str) -> None:
    """The gql package's client can send its token as a header and as init payload."""
    header = {"Authorization": f"Bearer {token}"}
    transport = WebsocketsTransport(
        url=endpoint, headers=header, init_payload=header, subprotocols=[PROTOCOL], connect_args={"proxy": None}
    )

    async with Client(transport=transport) as session:
        assert {"me": str(ADA)} == await session.execute(gql("{ me }"))


async def test_two_different_tokens_are_refused(endpoint: str, token: str, tokens: Tokens) -> None:
    """Two different valid tokens are ambiguous, even if both belong to one user."""
    async with open_socket(endpoint, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        await send(socket, INIT | {"payload": {"Authorization": f"Bearer {tokens.issue(ADA, MEMBERSHIP, 60)}"}})

        assert (4403, "Send one token, as Authorization: Bearer TOKEN.") == await receive_close(socket)


async def test_token_in_the_url_closes_the_socket(endpoint: str, token: str) -> None:
    """URLs are logged, so they mustn't contain a token."""
    async with open_socket(f"{endpoint}?access_token={token}") as socket:
        assert (
            4400,
            "Send the token in connection_init or in the Authorization header, not in the URL.",
        ) == await receive_close(socket)


@pytest.mark.parametrize(
    "message",
    [
        '{"type": "ping", "type": "connection_init"}',
        '{"type": "ping", "payload": {"a": {"b": 1, "c": 2, "b": 1}}}',
    ],
)
async def test_duplicate_key_in_a_message_closes_the_socket(endpoint: str, message: str) -> None:
    """A message that repeats a key is invalid."""
    async with open_socket(endpoint) as socket:
        await socket.send(message)
        code, reason = await receive_close(socket)

    assert (4400, True) == (code, reason.endswith("in one object. Send each key once."))


async def test_removed_user_cannot_connect(endpoint: str, tokens: Tokens) -> None:
    """A valid token of a removed user closes the socket."""
    async with open_socket(endpoint) as socket:
        await send(socket, INIT | {"payload": {"Authorization": f"Bearer {tokens.issue(REMOVED, MEMBERSHIP, 60)}"}})

        assert (4403, "The account of this token no longer exists.") == await receive_close(socket)


async def test_expiring_token_closes_the_socket(endpoint: str, tokens: Tokens) -> None:
    """A subscription ends when its token expires, even if no event occurs."""
    async with open_initialised(endpoint, tokens.issue(ADA, MEMBERSHIP, 2)) as socket:
        await subscribe(socket, "subscription { waiting }")
        first = await receive(socket)
        ended = await receive_close(socket)

    assert next_message({"waiting": str(ADA)}) == first
    assert (4403, "The token has expired. Sign in again.") == ended
    assert await eventually(lambda: not OPEN_SUBSCRIPTIONS)


async def test_socket_without_connection_init_is_closed(endpoint: str) -> None:
    """A socket that sends no first message in time is closed with 4408."""
    async with open_socket(endpoint) as socket:
        assert (4408, "Connection initialisation timeout") == await receive_close(socket)


async def test_initialised_socket_can_be_idle(endpoint: str) -> None:
    """The timeout applies to the first message only."""
    async with open_initialised(endpoint) as socket:
        await asyncio.sleep(1.2)
        await send(socket, {"type": "ping"})

        assert {"type": "pong"} == await receive(socket)


INVALID_MESSAGES = [
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


@pytest.mark.parametrize(("message", "code", "reason"), INVALID_MESSAGES)
async def test_invalid_message_closes_the_socket(endpoint: str, message: str | bytes, code: int, reason: str) -> None:
    """A message that violates the protocol closes the socket with the reason."""
    async with open_initialised(endpoint) as socket:
        await socket.send(message)

        assert (code, reason) == await receive_close(socket)


async def test_connection_init_payload_must_be_an_object(endpoint: str) -> None:
    """The payload of `connection_init` must be an object."""
    async with open_socket(endpoint) as socket:
        await send(socket, INIT | {"payload": "swordfish"})

        assert (4400, "The payload of connection_init must be an object.") == await receive_close(socket)


async def test_subscribing_before_the_handshake_closes_the_socket(endpoint: str) -> None:
    """Nothing runs before `connection_ack` (4401)."""
    async with open_socket(endpoint) as socket:
        await subscribe(socket, "{ hello }")

        assert (4401, "Unauthorized") == await receive_close(socket)


@pytest.mark.parametrize("name", ["1", "ü" * 200])
async def test_operation_id_in_use_closes_the_socket(endpoint: str, name: str) -> None:
    """Two concurrent operations can't have the same id (4409), however long it is."""
    async with open_initialised(endpoint) as socket:
        await subscribe(socket, "subscription { waiting }", name)
        await receive(socket)
        await subscribe(socket, "{ hello }", name)
        code, reason = await receive_close(socket)

    assert code == 4409
    assert f"Subscriber for {name} already exists".startswith(reason)


async def test_oversized_message_closes_the_socket(endpoint: str) -> None:
    """A message above the body size limit closes the socket with 1009."""
    async with open_initialised(endpoint) as socket:
        await subscribe(socket, "{ hello }" + " " * 10_000)

        assert (await receive_close(socket))[0] == 1009


async def test_ping_is_answered_with_its_payload(endpoint: str) -> None:
    """A ping may come at any time, even before the first message. A pong is ignored."""
    async with open_socket(endpoint) as socket:
        await send(socket, {"type": "pong"})
        await send(socket, {"type": "ping", "payload": {"at": 1}})

        assert {"type": "pong", "payload": {"at": 1}} == await receive(socket)


async def test_client_can_complete_a_subscription(endpoint: str) -> None:
    """After `complete`, the operation's resources and id are freed. Completing an unknown id isn't an error."""
    async with open_initialised(endpoint) as socket:
        await subscribe(socket, "subscription { waiting }")
        await receive(socket)
        open_before = len(OPEN_SUBSCRIPTIONS)
        await send(socket, complete_message())
        await send(socket, complete_message("nobody's"))
        await subscribe(socket, "{ hello }")

        assert [next_message({"hello": "Hello, world!"}), complete_message()] == [await receive(socket), await receive(socket)]
        assert open_before == 1
        assert await eventually(lambda: not OPEN_SUBSCRIPTIONS)


async def test_concurrent_operations_are_limited(endpoint: str) -> None:
    """One operation above the limit is refused, and completing another makes room."""
    async with open_initialised(endpoint) as socket:
        for number in range(MAX_OPERATIONS):
            await subscribe(socket, "subscription { waiting }", str(number))
            await receive(socket)
        await subscribe(socket, "{ hello }", "more")
        refused = await receive(socket)
        await send(socket, complete_message("0"))
        await subscribe(socket, "{ hello }", "more")
        accepted = await receive(socket)

    [error] = refused["payload"]
    assert ("error", "more", "TOO_MANY_OPERATIONS") == (refused["type"], refused["id"], error["extensions"]["code"])
    assert next_message({"hello": "Hello, world!"}, "more") == accepted


@pytest.mark.parametrize("end", ["close", "abort"])
async def test_disconnecting_client_frees_all_resources(app: Starlette, endpoint: str, end: str) -> None:
    """A closed or dropped socket leaves no operation and no connection behind."""
    async with open_initialised(endpoint) as socket:
        await subscribe(socket, "subscription { waiting }")
        await receive(socket)
        open_before = app.state.connections.number, len(OPEN_SUBSCRIPTIONS)
        if end == "abort":
            socket.transport.abort()

    assert (1, 1) == open_before
    assert await eventually(lambda: not OPEN_SUBSCRIPTIONS and not app.state.connections.number)


async def test_other_origins_cannot_open_a_socket(settings: Settings, tokens: Tokens) -> None:
    """Pages of other origins get no socket. The gateway's own pages, and programs without an origin, do."""
    strict = settings.model_copy(update={"allowed_origins": ("https://portal.example",)})
    with running(make_app(strict, tokens), strict) as address:
        url = f"{address.replace('http', 'ws')}/graphql"
        async with open_socket(url, origin="https://portal.example"), open_socket(url, origin=address), open_socket(url):
            pass
        for origin in ("https://evil.example", "http://[::1", "http://[", "null", ""):
            with pytest.raises(InvalidStatus) as refused:
                async with open_socket(url, origin=origin):
                    pass

            assert refused.value.response.status_code == 403


async def test_other_paths_have_no_socket(endpoint: str) -> None:
    """Only one path accepts WebSockets."""
    with pytest.raises(InvalidStatus) as refused:
        async with open_socket(endpoint + "s"):
            pass

    assert refused.value.response.status_code == 403


async def test_stopping_gateway_closes_its_sockets(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """Sockets are closed with 1001. Queries are finished first, subscriptions aren't."""
    url = f"{process.address.replace('http', 'ws')}/graphql"
    async with open_initialised(url, tokens_of_process.issue(ADA, MEMBERSHIP, 60)) as socket:
        await subscribe(socket, "subscription { waiting }", "many")
        await receive(socket)
        await subscribe(socket, "{ slow(seconds: 0.5) }", "one")
        await send(socket, {"type": "ping"})
        assert {"type": "pong"} == await receive(socket)  # messages are handled in order, so "one" has started
        process.terminate()
        answered = [await receive(socket), await receive(socket)]
        ended = await receive_close(socket)

    assert [next_message({"slow": "done"}, "one"), complete_message("one")] == answered
    assert (1001, "The gateway is shutting down. Reconnect.") == ended
    assert "Cancel" not in process.output


async def test_socket_and_its_operations_are_logged(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """Each operation and the socket have a line with the viewer, without tokens, variables, query strings or operation ids."""
    token = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    url = f"{process.address.replace('http', 'ws')}/graphql?token={token}"
    async with open_initialised(url, token, additional_headers={"X-Request-ID": "the-socket-1"}) as socket:
        document = "query Greeting($name: String!) { hello(name: $name) }"
        await subscribe(socket, document, "swordfish", variables={"name": "swordfish"})
        await receive(socket)
        await receive(socket)
        await send(socket, {"type": "swordfish"})
        await receive_close(socket)
    process.stop()

    [operation] = [line for line in process.lines if line["event"] == "operation"]
    [request] = [line for line in process.lines if line["event"] == "request"]
    for line in (operation, request):
        del line["timestamp"], line["milliseconds"]
    common = {"user_id": str(ADA), "company_id": str(COMPANY), "policy": POLICY, "level": "info"}
    assert operation == common | {
        "event": "operation",
        "logger": "crossgate.request",
        "request_id": "the-socket-1.1",
        "operation": "Greeting",
        "operation_type": "query",
        "cost": 0,
        "answers": 1,
    }
    assert request == common | {
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
