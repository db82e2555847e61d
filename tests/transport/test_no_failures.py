"""No request makes the gateway fail: whatever it is, its answer has no 5xx status and no INTERNAL error.

Requests are drawn over bytes, methods, paths, headers, tokens, documents and variables, and are sent under several settings.
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
from hypothesis import given as drawn
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
DRAWN: Final = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "as they are": {},
    "graphql-core": {"planner": False, "development": True, "public_url": "https://gateway.example"},
    "strict and narrow": {
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
    "whole": {"shaped_schema": "off", "max_operation_depth": 50, "audited_fields": ("Port.monthlyRate", "Invoice.total")},
}
PATHS: Final = (
    *("/graphql", "/diff", "/files", "/files/{}", "/assets/{}", "/livez", "/", "/portal/config", "/portal/sign-in"),
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
STATUSES: Final = {"/": 503}  # where the web part is not built


@dataclass(frozen=True)
class Sent:
    """A request as ASGI has it."""

    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@pytest.fixture(scope="module", params=list(SETTINGS.values()), ids=list(SETTINGS))
async def gateway(
    request: pytest.FixtureRequest, demo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    """The gateway over the small sample market, under several settings."""
    data = tmp_path_factory.mktemp("failing")
    async with open_client(demo_url, data, **request.param) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def ids() -> list[str]:
    """Ids of all kinds of things, none of them anything's."""
    return [
        "",
        "x",
        *(base64.urlsafe_b64encode(tag.encode() + b"\x01" + bytes(15)).decode() for tag in ("co", "po", "us", "xx")),
    ]


async def answer_to(gateway: Gateway, sent: Sent) -> tuple[int, bytes]:
    """Status and body of the answer to a request. Raises what the application lets go."""
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
    coming = [{"type": "http.request", "body": sent.body, "more_body": False}]
    going: list[Any] = []

    async def receive() -> Any:
        if coming:
            return coming.pop()
        await asyncio.sleep(3600)
        return None

    async def send(message: Any) -> None:
        going.append(message)

    await gateway.app(scope, receive, send)
    return going[0]["status"], b"".join(message.get("body", b"") for message in going[1:])


async def assert_no_failure(gateway: Gateway, sent: Sent) -> None:
    """Send a request, and hold that it is answered or refused."""
    note(f"CROSSGATE_SEED={SEED}: {sent}")
    status, body = await answer_to(gateway, sent)
    note(f"{status}: {body[:2000]!r}")
    assert status < 500 or STATUSES.get(unquote(sent.path)) == status
    assert b'"INTERNAL"' not in body


@st.composite
def headers_of(draw: st.DrawFn, tokens: list[str]) -> tuple[tuple[bytes, bytes], ...]:
    """Headers: mostly what a client sends, and then anything."""
    found = draw(st.lists(st.tuples(st.sampled_from(HEADERS), VALUES), max_size=3))
    if draw(st.booleans()):
        found.append((b"content-type", b"application/json"))
    if draw(st.booleans()):
        found.append((b"authorization", b"Bearer " + draw(st.sampled_from(tokens)).encode()))
    return tuple(found)


@st.composite
def requests(draw: st.DrawFn, tokens: list[str]) -> Sent:
    """Requests of any method to any address."""
    path = draw(st.sampled_from(PATHS)).format(quote(draw(SEGMENTS), safe=draw(st.sampled_from(("", "/%")))))
    method = draw(st.sampled_from(("GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "X")))
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(("query", "variables", "companyId", "access_token", "x")), TEXTS), max_size=2)
    )
    query = "&".join(f"{name}={quote(value)}" for name, value in pairs).encode() + draw(
        st.sampled_from((b"", b"&%ff=%", b"&&="))
    )
    body = draw(st.one_of(st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode()), bodies(TEXTS)))
    return Sent(method, path, query, draw(headers_of(tokens)), body)


def bodies(texts: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """Bodies that have the parts of a request, of any kind."""
    parts = {"operationName": ANYTHING, "variables": JSON, "extensions": JSON, "left": TEXTS, "right": JSON, "email": ANYTHING}
    return st.fixed_dictionaries({"query": texts | ANYTHING}, optional=parts).map(lambda body: json.dumps(body).encode())


async def tokens_of(gateway: Gateway) -> list[str]:
    """A token of each sample viewer, and some that are none."""
    return ["", "x", "a.b.c", *[await gateway._token(email) for email in DEMO_VIEWERS if email]]


def posted(token: str, query: str, variables: Any = None, **more: str) -> Sent:
    """A GraphQL request."""
    fields = {"content-type": "application/json", "accept": "application/graphql-response+json", **more}
    if token:
        fields["authorization"] = f"Bearer {token}"
    headers = tuple((name.encode(), value.encode()) for name, value in fields.items())
    return Sent("POST", "/graphql", b"", headers, json.dumps({"query": query, "variables": variables}).encode())


@seed(SEED)
@DRAWN
@drawn(data=st.data())
async def test_no_request_makes_a_failure(gateway: Gateway, data: st.DataObject) -> None:
    """Of any method, to any address, with any headers, query string and body."""
    await assert_no_failure(gateway, data.draw(requests(await tokens_of(gateway))))


@st.composite
def mistaken(draw: st.DrawFn, document: str) -> str:
    """A document in which something was left out, doubled or put in the place of something else."""
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
@DRAWN
@drawn(data=st.data())
async def test_no_document_makes_a_failure(gateway: Gateway, data: st.DataObject) -> None:
    """Documents of the schema, right ones and such that are broken somewhere, over every way that answers at once."""
    document = data.draw(documents.queries(SCHEMA, fields=[data.draw(st.sampled_from(FIELDS))]).flatmap(mistaken))
    token = data.draw(st.sampled_from(await tokens_of(gateway)))
    sent = posted(token, document, data.draw(JSON))
    if data.draw(st.integers(0, 5)) == 0:
        body = json.dumps({"query": document, "left": None, "right": data.draw(TEXTS)}).encode()
        sent = Sent("POST", "/diff", b"", sent.headers, body)

    await assert_no_failure(gateway, sent)


QUERY: Final = SCHEMA.query_type
assert QUERY is not None
FIELDS: Final = sorted(QUERY.fields)


def asked(name: str, field: GraphQLField) -> str:
    """A query of a field of the root, with a variable for each of its arguments."""
    declared = ", ".join(f"${each}: {argument.type}" for each, argument in field.args.items())
    given = ", ".join(f"{each}: ${each}" for each in field.args)
    selected = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    return f"query ({declared}) {{ {name}({given}){selected} }}" if field.args else f"{{ {name}{selected} }}"


@seed(SEED)
@DRAWN
@drawn(data=st.data())
async def test_no_variable_makes_a_failure(gateway: Gateway, ids: list[str], data: st.DataObject) -> None:
    """Each argument of each field of the root, of its type and of others."""
    assert QUERY is not None
    name = data.draw(st.sampled_from(FIELDS))
    field = QUERY.fields[name]
    variables = {each: data.draw(values_of(argument.type, ids) | ANYTHING) for each, argument in field.args.items()}
    token = data.draw(st.sampled_from(await tokens_of(gateway)))

    await assert_no_failure(gateway, posted(token, asked(name, field), variables))


@seed(SEED)
@DRAWN
@drawn(data=st.data())
async def test_no_token_of_ours_makes_a_failure(gateway: Gateway, data: st.DataObject) -> None:
    """Claims of any kind under our signature, and headers that look as anybody."""
    services = gateway.app.state.tokens
    right = jwt.decode(await gateway._token("admin@partner.example"), options={"verify_signature": False})
    claims = right | data.draw(st.dictionaries(st.sampled_from(CLAIMS), JSON | st.floats(), max_size=2))
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    head = f"{HEADER}.{payload}"
    signature = base64.urlsafe_b64encode(services._keys[0].private.sign(head.encode())).rstrip(b"=").decode()
    seen = data.draw(TEXTS.filter(lambda text: text.isprintable()).map(lambda text: text.encode("ascii", "ignore").decode()))

    await assert_no_failure(gateway, posted(f"{head}.{signature}", "{ viewer { kind } }", **{"x-crossgate-view-as": seen}))


MESSAGES: Final = st.one_of(
    st.binary(max_size=40).map(lambda raw: {"bytes": raw}),
    TEXTS.map(lambda text: {"text": text}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(("connection_init", "subscribe", "complete", "ping", "pong", "error")) | ANYTHING},
        optional={"id": st.sampled_from(("1", "2")) | ANYTHING, "payload": JSON | bodies(TEXTS).map(json.loads)},
    ).map(lambda message: {"text": json.dumps(message)}),
)


@seed(SEED)
@DRAWN
@drawn(data=st.data())
async def test_no_socket_makes_a_failure(gateway: Gateway, data: st.DataObject) -> None:
    """Whatever headers open a socket, and whatever is said over it, right messages among it."""
    headers = data.draw(headers_of(await tokens_of(gateway)))
    begun = [{"text": '{"type": "connection_init"}'}] if data.draw(st.booleans()) else []
    said = [{"type": "websocket.receive", **each} for each in (*begun, *data.draw(st.lists(MESSAGES, max_size=4)))]
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": data.draw(st.sampled_from((b"", b"access_token=x", b"%ff=&"))),
        "headers": list(headers),
        "subprotocols": data.draw(st.sampled_from((["graphql-transport-ws"], ["x", "graphql-transport-ws"], []))),
    }
    note(f"CROSSGATE_SEED={SEED}: {scope}: {said}")
    coming: list[Any] = [{"type": "websocket.connect"}, *said, {"type": "websocket.disconnect", "code": 1000}]
    going: list[Any] = []

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        going.append(message)

    await gateway.app(scope, receive, send)

    note(f"{going}")
    assert [] == [each for each in going if each.get("code") == INTERNAL_ERROR or '"INTERNAL"' in each.get("text", "")]


@pytest.fixture(scope="module")
def served(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The gateway on a port of its own."""
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
@DRAWN
@drawn(raw=BYTES)
async def test_no_bytes_make_a_failure(served: str, raw: bytes) -> None:
    """Whatever is sent to the socket is refused, answered, or waited for until its sender closes."""
    parts = urlsplit(served)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(raw)
    writer.write_eof()
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()

    note(f"CROSSGATE_SEED={SEED}: {raw!r}: {answer[:500]!r}")
    assert re.findall(rb"^HTTP/1.1 (5\d\d)", answer, re.MULTILINE) in ([], [b"503"])
