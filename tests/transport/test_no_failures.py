"""No request makes the gateway fail: no response has a 5xx status or an INTERNAL error.

Requests are generated from bytes, methods, paths, headers, tokens, documents and variables, and sent under several settings.
CROSSGATE_SEED repeats a run, CROSSGATE_CASES makes it longer.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import jwt
import pytest
from graphql import GraphQLField, get_named_type, is_leaf_type
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from hypothesis_graphql import strategies as documents

import server
from settings import Settings
from tests.client import DEMO_VIEWERS, open_client
from tests.client import Client as Gateway
from tests.drawing import ANYTHING, TEXTS, values_of
from tests.schema.outline import SCHEMA
from tests.transport.gateway import running
from transport.realtime.websocket import INTERNAL_ERROR

CASES: Final = max(1, int(os.environ.get("CROSSGATE_CASES", "10000")) // 500)
SEED: Final = int(os.environ.get("CROSSGATE_SEED", str(secrets.randbits(32))))
GENERATED: Final = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "default": {},
    "graphql-core": {"planner": False, "development": True, "public_url": "https://gateway.example"},
    "strict schema and low limits": {
        "shaped_schema": "strict",
        "allowed_origins": ("https://ours.example",),
        "default_page_size": 1,
        "max_page_size": 2,
        "max_body_bytes": 2048,
        "max_document_tokens": 200,
        "max_operation_depth": 4,
        "max_operation_fields": 20,
        "max_operation_cost": 50,
    },
    "whole schema": {
        "shaped_schema": "off",
        "max_operation_depth": 50,
        "audited_fields": ("Port.monthlyRate", "Invoice.total"),
    },
}
PATHS: Final = (
    *("/graphql", "/diff", "/files", "/files/{}", "/assets/{}", "/livez", "/", "/portal/config", "/portal/sign-in"),
    "/account/sign-up",
    *("/mails", "/mails.json", "/{}", "/graphql/{}", "/assets/", "/files/"),
)
HEADERS: Final = (
    *(b"accept", b"content-type", b"content-length", b"authorization", b"idempotency-key", b"x-crossgate-view-as"),
    *(b"x-request-id", b"origin", b"origin", b"host", b"access-control-request-method", b"access-control-request-headers"),
    *(b"expect", b"transfer-encoding", b"if-none-match", b"range", b"cookie", b"traceparent", b"x-any"),
)
VALUES: Final = st.one_of(
    st.binary(max_size=30).map(lambda text: re.sub(rb"[\r\n\0]", b"", text)),
    st.sampled_from(
        (
            *(b"", b"application/json", b"application/json; charset=utf-16", b"text/event-stream", b"*/*;q=x", b",;=,", b"0"),
            *(b"Bearer", b"Bearer ", b"Basic eA==", b"https://[", b"http://a:b:c", b"bytes=9-1", b"bytes=-0,x", b"9" * 5000),
            *(b"-1", b"a" * 70_000, b"\xff\xfe", b"POST", b"[::1", b"localhost:99999", b"multipart/form-data; boundary="),
        )
    ),
)
SEGMENTS: Final = st.one_of(
    st.text(max_size=8),
    st.sampled_from(("", ".", "..", "a" * 5000, "\0", "%00", "%", "é" * 300, "../../etc/passwd", "Y28BfuLIn9B-Y5Nzh57weVG5")),
)
CLAIMS: Final = ("iss", "aud", "sub", "exp", "nbf", "iat", "jti", "membership")
LEAVES: Final = ANYTHING | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
JSON: Final = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
HEADER: Final = base64.urlsafe_b64encode(b'{"alg":"EdDSA"}').rstrip(b"=").decode()
STATUSES: Final = {"/": 503, "/account/sign-up": 503}  # if the portal isn't built


@dataclass(frozen=True)
class RawRequest:
    """A request as ASGI represents it."""

    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@pytest.fixture(scope="module", params=list(SETTINGS.values()), ids=list(SETTINGS))
async def gateway(
    request: pytest.FixtureRequest, demo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    """A client of a gateway with the small demo data, under several settings."""
    data = tmp_path_factory.mktemp("failing")
    async with open_client(demo_url, data, **request.param) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def ids() -> list[str]:
    """Ids of several types that identify no object."""
    return [
        "",
        "x",
        *(base64.urlsafe_b64encode(tag.encode() + b"\x01" + bytes(15)).decode() for tag in ("co", "po", "us", "xx")),
    ]


async def send_request(gateway: Gateway, sent: RawRequest) -> tuple[int, bytes]:
    """Send a request and return the status and body of its response. Propagates the application's exceptions."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": unquote(sent.path),
        "raw_path": sent.path.encode("ascii"),
        "root_path": "",
        "query_string": sent.query,
        "headers": list(sent.headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    incoming = [{"type": "http.request", "body": sent.body, "more_body": False}]
    outgoing: list[Any] = []

    async def receive() -> Any:
        if incoming:
            return incoming.pop()
        await asyncio.sleep(3600)
        return None

    async def send(message: Any) -> None:
        outgoing.append(message)

    await gateway.app(scope, receive, send)
    return outgoing[0]["status"], b"".join(message.get("body", b"") for message in outgoing[1:])


async def assert_no_failure(gateway: Gateway, sent: RawRequest) -> None:
    """Send a request and assert that it is served or refused."""
    note(f"CROSSGATE_SEED={SEED}: {sent}")
    status, body = await send_request(gateway, sent)
    note(f"{status}: {body[:2000]!r}")
    assert status < 500 or STATUSES.get(unquote(sent.path)) == status
    assert b'"INTERNAL"' not in body


@st.composite
def request_headers(draw: st.DrawFn, tokens: list[str]) -> tuple[tuple[bytes, bytes], ...]:
    """Headers that clients send, and arbitrary ones."""
    headers = draw(st.lists(st.tuples(st.sampled_from(HEADERS), VALUES), max_size=3))
    if draw(st.booleans()):
        headers.append((b"content-type", b"application/json"))
    if draw(st.booleans()):
        headers.append((b"authorization", b"Bearer " + draw(st.sampled_from(tokens)).encode()))
    return tuple(headers)


@st.composite
def requests(draw: st.DrawFn, tokens: list[str]) -> RawRequest:
    """Requests with any method and path."""
    path = draw(st.sampled_from(PATHS)).format(quote(draw(SEGMENTS), safe=draw(st.sampled_from(("", "/%")))))
    method = draw(st.sampled_from(("GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "X")))
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(("query", "variables", "companyId", "access_token", "x")), TEXTS), max_size=2)
    )
    query = "&".join(f"{name}={quote(value)}" for name, value in pairs).encode() + draw(
        st.sampled_from((b"", b"&%ff=%", b"&&="))
    )
    body = draw(st.one_of(st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode()), bodies(TEXTS)))
    return RawRequest(method, path, query, draw(request_headers(tokens)), body)


def bodies(texts: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """Bodies with the parts of a GraphQL request, each of any type."""
    parts = {"operationName": ANYTHING, "variables": JSON, "extensions": JSON, "left": TEXTS, "right": JSON, "email": ANYTHING}
    return st.fixed_dictionaries({"query": texts | ANYTHING}, optional=parts).map(lambda body: json.dumps(body).encode())


async def load_tokens(gateway: Gateway) -> list[str]:
    """A token of each demo viewer, and some invalid ones."""
    return ["", "x", "a.b.c", *[await gateway._token(email) for email in DEMO_VIEWERS if email]]


def post_request(token: str, query: str, variables: Any = None, **more: str) -> RawRequest:
    """A GraphQL request by POST."""
    fields = {"content-type": "application/json", "accept": "application/graphql-response+json", **more}
    if token:
        fields["authorization"] = f"Bearer {token}"
    headers = tuple((name.encode(), value.encode()) for name, value in fields.items())
    return RawRequest("POST", "/graphql", b"", headers, json.dumps({"query": query, "variables": variables}).encode())


@seed(SEED)
@GENERATED
@hypothesis_given(data=st.data())
async def test_no_request_makes_the_gateway_fail(gateway: Gateway, data: st.DataObject) -> None:
    """No method, path, headers, query string or body makes the gateway fail."""
    await assert_no_failure(gateway, data.draw(requests(await load_tokens(gateway))))


@st.composite
def with_mistakes(draw: st.DrawFn, document: str) -> str:
    """A document with some tokens removed, doubled or replaced."""
    parts = re.findall(r"\w+|\s+|[^\w\s]", document)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(parts) - 1))
        parts[place : place + draw(st.integers(0, 2))] = draw(
            st.lists(
                st.sampled_from(("{", "}", "(", ":", "$", "@skip(if: true)", "...", "x", "on", "null", '"', "#", "1e400")),
                max_size=2,
            )
        )
    return "".join(parts)


@seed(SEED)
@GENERATED
@hypothesis_given(data=st.data())
async def test_no_document_makes_the_gateway_fail(gateway: Gateway, data: st.DataObject) -> None:
    """No document makes the gateway fail, valid or mutated, at /graphql or /diff."""
    document = data.draw(documents.queries(SCHEMA, fields=[data.draw(st.sampled_from(FIELDS))]).flatmap(with_mistakes))
    token = data.draw(st.sampled_from(await load_tokens(gateway)))
    sent = post_request(token, document, data.draw(JSON))
    if data.draw(st.integers(0, 5)) == 0:
        body = json.dumps({"query": document, "left": None, "right": data.draw(TEXTS)}).encode()
        sent = RawRequest("POST", "/diff", b"", sent.headers, body)

    await assert_no_failure(gateway, sent)


QUERY: Final = SCHEMA.query_type
assert QUERY is not None
FIELDS: Final = sorted(QUERY.fields)


def query_with_variables(name: str, field: GraphQLField) -> str:
    """A query of a root field, with a variable for each argument."""
    declared = ", ".join(f"${argument_name}: {argument.type}" for argument_name, argument in field.args.items())
    passed = ", ".join(f"{argument_name}: ${argument_name}" for argument_name in field.args)
    selected = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    return f"query ({declared}) {{ {name}({passed}){selected} }}" if field.args else f"{{ {name}{selected} }}"


@seed(SEED)
@GENERATED
@hypothesis_given(data=st.data())
async def test_no_variable_makes_the_gateway_fail(gateway: Gateway, ids: list[str], data: st.DataObject) -> None:
    """No value for an argument of a root field makes the gateway fail, whatever its type."""
    assert QUERY is not None
    name = data.draw(st.sampled_from(FIELDS))
    field = QUERY.fields[name]
    variables = {
        argument_name: data.draw(values_of(argument.type, ids) | ANYTHING) for argument_name, argument in field.args.items()
    }
    token = data.draw(st.sampled_from(await load_tokens(gateway)))

    await assert_no_failure(gateway, post_request(token, query_with_variables(name, field), variables))


@seed(SEED)
@GENERATED
@hypothesis_given(data=st.data())
async def test_no_signed_token_makes_the_gateway_fail(gateway: Gateway, data: st.DataObject) -> None:
    """No claims with a valid signature and no X-Crossgate-View-As header make the gateway fail."""
    services = gateway.app.state.tokens
    valid = jwt.decode(await gateway._token("admin@partner.example"), options={"verify_signature": False})
    claims = valid | data.draw(st.dictionaries(st.sampled_from(CLAIMS), JSON | st.floats(), max_size=2))
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    signed = f"{HEADER}.{payload}"
    signature = base64.urlsafe_b64encode(services._keys[0].private.sign(signed.encode())).rstrip(b"=").decode()
    view_as = data.draw(TEXTS.filter(lambda text: text.isprintable()).map(lambda text: text.encode("ascii", "ignore").decode()))

    await assert_no_failure(
        gateway, post_request(f"{signed}.{signature}", "{ viewer { kind } }", **{"x-crossgate-view-as": view_as})
    )


MESSAGES: Final = st.one_of(
    st.binary(max_size=40).map(lambda raw: {"bytes": raw}),
    TEXTS.map(lambda text: {"text": text}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(("connection_init", "subscribe", "complete", "ping", "pong", "error")) | ANYTHING},
        optional={"id": st.sampled_from(("1", "2")) | ANYTHING, "payload": JSON | bodies(TEXTS).map(json.loads)},
    ).map(lambda message: {"text": json.dumps(message)}),
)


@seed(SEED)
@GENERATED
@hypothesis_given(data=st.data())
async def test_no_socket_makes_the_gateway_fail(gateway: Gateway, data: st.DataObject) -> None:
    """No headers that open a socket and no messages over it, valid or not, make the gateway fail."""
    headers = data.draw(request_headers(await load_tokens(gateway)))
    initial = [{"text": '{"type": "connection_init"}'}] if data.draw(st.booleans()) else []
    messages = [{"type": "websocket.receive", **message} for message in (*initial, *data.draw(st.lists(MESSAGES, max_size=4)))]
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": data.draw(st.sampled_from((b"", b"access_token=x", b"%ff=&"))),
        "headers": list(headers),
        "subprotocols": data.draw(st.sampled_from((["graphql-transport-ws"], ["x", "graphql-transport-ws"], []))),
    }
    note(f"CROSSGATE_SEED={SEED}: {scope}: {messages}")
    incoming: list[Any] = [{"type": "websocket.connect"}, *messages, {"type": "websocket.disconnect", "code": 1000}]
    outgoing: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        outgoing.append(message)

    await gateway.app(scope, receive, send)

    note(f"{outgoing}")
    assert [] == [
        message for message in outgoing if message.get("code") == INTERNAL_ERROR or '"INTERNAL"' in message.get("text", "")
    ]


@pytest.fixture(scope="module")
def served(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway served on its own port."""
    data = tmp_path_factory.mktemp("served")
    settings = Settings(data_dir=data, database_url=demo_url, log_level="ERROR", request_timeout=1, shutdown_timeout=1)
    with running(server.build(settings), settings) as address:
        yield address


HEAD: Final = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BYTES: Final = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=60).map(lambda end: HEAD + end),
    st.binary(max_size=60).map(lambda body: HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body),
    st.tuples(st.binary(max_size=40), st.binary(max_size=40)).map(
        lambda two: b"GET /" + two[0] + b" HTTP/1.1\r\n" + two[1] + b"\r\n\r\n"
    ),
    st.sampled_from(
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            HEAD + b"Content-Length: -1\r\n\r\n",
            HEAD + b"Upgrade: h2c\r\n\r\n",
        )
    ),
)


@seed(SEED)
@GENERATED
@hypothesis_given(raw=BYTES)
async def test_no_bytes_make_the_gateway_fail(served: str, raw: bytes) -> None:
    """Any bytes sent to the socket are served, refused, or waited on until the sender closes."""
    parts = urlsplit(served)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(raw)
    writer.write_eof()
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()

    note(f"CROSSGATE_SEED={SEED}: {raw!r}: {answer[:500]!r}")
    assert re.findall(rb"^HTTP/1.1 (5\d\d)", answer, re.MULTILINE) in ([], [b"503"])
