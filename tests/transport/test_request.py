"""What counts as a GraphQL request by POST and by GET."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests import plain_http
from tests.transport.conftest import JSON
from transport.headers import SAFE

ANSWER = {"data": {"hello": "Hello, world!"}}
NOT_JSON = "The request body is not valid JSON in UTF-8."


def refused(response: httpx.Response) -> tuple[int, str, str]:
    [error] = response.json()["errors"]
    return response.status_code, error["extensions"]["code"], error["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", 'The request body is empty. Send a JSON object such as {"query": "{ __typename }"}.'),
        (b'{"query": "{ hello }"', NOT_JSON),
        (b'{"query": "\xff"}', NOT_JSON),
        ('{"query": "{ hello }"}'.encode("utf-16"), NOT_JSON),
        (b'{"query": "{ hello }", "variables": {"n": NaN}}', NOT_JSON),
        (b'{"query": "{ hello }", "variables": {"n": 1e999}}', NOT_JSON),
        (b'{"query": "{ hello }", "variables": {"n": ' + b"9" * 5000 + b"}}", NOT_JSON),
        (b"[" * 9000, NOT_JSON),
        (b'"{ hello }"', 'The request body must be a JSON object such as {"query": "{ __typename }"}.'),
    ],
)
async def test_invalid_bodies_are_refused(client: httpx.AsyncClient, body: bytes, message: str) -> None:
    """A body that isn't a single JSON object in UTF-8 is refused."""
    response = await client.post("/graphql", content=body, headers={"Content-Type": JSON})

    assert (400, "BAD_REQUEST", message) == refused(response)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('{"query": "{ hello }", "query": "{ me }"}', "query"),
        ('{"query": "{ hello }", "query": "{ hello }"}', "query"),
        ('{"query": "{ hello }", "\\u0071uery": "{ me }"}', "query"),
        ('{"query": "{ hello }", "variables": {"a": 1, "b": {"c": [{"d": 1, "e": 2, "d": 3}]}}}', "d"),
        ('{"query": "{ hello }", "variables": {"a": null}, "variables": {"a": 1}}', "variables"),
        ('{"query": "{ hello }", "extensions": {"": 1, "": 2}}', ""),
        ('{"query": "{ hello }", "a": 1, "a": "{ b: c }"}', "a"),
        ('{"query": "{ hello }", "a": 1, "a": 2, "x": "\\u003a"}', "a"),
        ('{"query": "{ hello }", "a\\u003A": 1, "a:": 2}', "a:"),
        ('{"query": "{ hello }", "a": ' + "[" * 500 + '{"b": 1, "b": 2}' + "]" * 500 + "}", "b"),
        ('{"query": "{ hello }", "unknown": {"' + "k" * 60 + '": 1, "' + "k" * 60 + '": 1}}', "k" * 50),
    ],
)
async def test_duplicate_key_is_refused(client: httpx.AsyncClient, body: str, key: str) -> None:
    """A repeated key in one object is refused, however deep the object is and however the key is escaped."""
    response = await client.post("/graphql", content=body, headers={"Content-Type": JSON})

    message = f'The request body repeats the key "{key}" in one object. Send each key once.'
    assert (400, "DUPLICATE_KEY", message) == refused(response)


async def test_same_key_in_several_objects_is_allowed(client: httpx.AsyncClient) -> None:
    """The same key in two objects, or inside a string, isn't a duplicate."""
    more = {"a": [{"x": 1}, {"x": 2}], "x": '{"x": 1, "x": 2}', "X": {"x": {"x": 1}}}

    response = await client.post("/graphql", json={"query": "{ hello }", "variables": {"more": more}})

    assert (response.status_code, response.json()) == (200, ANSWER)


@pytest.mark.parametrize("levels", [900, 1000, 1020, 1030, 4000])
async def test_deeply_nested_json_never_fails(client: httpx.AsyncClient, levels: int) -> None:
    """JSON nested too deeply is refused, whatever the parser's limit."""
    body = '{"query": "{ hello }", "variables": {"a": ' + "[" * levels + "]" * levels + "}}"

    response = await client.post("/graphql", content=body, headers={"Content-Type": JSON})

    assert response.status_code in (200, 400)


@pytest.mark.parametrize("name", ["access_token", "Access_Token", "access%5Ftoken"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_token_in_the_url_is_refused(client: httpx.AsyncClient, token: str, name: str, method: str) -> None:
    """URLs are logged, so they mustn't contain a token, not even next to a valid header."""
    address = f"/graphql?query={{hello}}&{name}={token}"

    response = await client.request(
        method, address, headers={"Authorization": f"Bearer {token}", "Content-Type": JSON}, content="{}"
    )

    assert (400, "TOKEN_IN_URL") == refused(response)[:2]
    assert token not in response.text


@pytest.mark.parametrize("path", ["/graphql", "/diff", "/livez", "/readyz", "/read", "/nowhere", "/crash", "/", "/files/x"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
async def test_token_in_any_url_is_refused(client: httpx.AsyncClient, path: str, method: str, accept: str) -> None:
    """A token is refused in the URL of every path, whether or not the path exists."""
    response = await client.request(method, f"{path}?a=b&access_token=x", headers={"Accept": accept})

    assert (400, "TOKEN_IN_URL") == refused(response)[:2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "Parameter query is missing or not a string."),
        ({"query": None}, "Parameter query is missing or not a string."),
        ({"query": ["{ hello }"]}, "Parameter query is missing or not a string."),
        ({"query": "{ hello }", "operationName": 7}, "Parameter operationName must be a string."),
        ({"query": "{ hello }", "variables": "{}"}, "Parameter variables must be an object."),
        ({"query": "{ hello }", "variables": [1]}, "Parameter variables must be an object."),
        ({"query": "{ hello }", "extensions": False}, "Parameter extensions must be an object."),
    ],
)
async def test_parameters_have_types(client: httpx.AsyncClient, content: dict[str, Any], message: str) -> None:
    """Each parameter has a type, and the message names the wrong one."""
    assert (400, "BAD_REQUEST", message) == refused(await client.post("/graphql", json=content))


@pytest.mark.parametrize(
    "more",
    [
        {"operationName": None, "variables": None, "extensions": None},
        {"operationName": "", "variables": {}, "extensions": {"any": "thing"}},
        {"unknown": "entry"},
        {"variables": {"unused": json.loads('{"a":' * 800 + "1" + "}" * 800)}},
    ],
)
async def test_optional_parameters_can_be_null_or_missing(client: httpx.AsyncClient, more: dict[str, Any]) -> None:
    """Optional parameters can be null or missing, and unknown entries are ignored."""
    response = await client.post("/graphql", json={"query": "{ hello }", **more})

    assert (response.status_code, response.json()) == (200, ANSWER)


async def test_query_by_get(client: httpx.AsyncClient) -> None:
    """A GET has the same parameters in its query string, with variables as JSON."""
    parameters = {
        "query": "query A($name: String!) { hello(name: $name) } query B { hello }",
        "operationName": "A",
        "variables": '{"name": "Zoë 🏊"}',
        "extensions": "{}",
    }

    response = await client.get("/graphql", params=parameters)

    assert (response.status_code, response.json()) == (200, {"data": {"hello": "Hello, Zoë 🏊!"}})


@pytest.mark.parametrize(
    ("query_string", "message"),
    [
        ("", "Parameter query is missing. This is the GraphQL endpoint; to use GraphiQL in a browser, open /."),
        ("query={hello}&query={me}", "Parameter query appears more than once. Send it once."),
        ("query={hello}&variables={", "Parameter variables is not valid JSON in UTF-8."),
        ("query={hello}&variables=7", "Parameter variables must be an object."),
        ("query={hello}&extensions=[]", "Parameter extensions must be an object."),
    ],
)
async def test_invalid_query_strings_are_refused(client: httpx.AsyncClient, query_string: str, message: str) -> None:
    """A GET without a query, or with invalid parameters, is refused."""
    assert (400, "BAD_REQUEST", message) == refused(await client.get(f"/graphql?{query_string}"))


async def test_duplicate_key_in_a_query_string_is_refused(client: httpx.AsyncClient) -> None:
    """JSON in a GET's parameters follows the same rules as JSON in a body."""
    response = await client.get("/graphql", params={"query": "{ hello }", "variables": '{"a": 1, "a": 2}'})

    message = 'Parameter variables repeats the key "a" in one object. Send each key once.'
    assert (400, "DUPLICATE_KEY", message) == refused(response)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    """Only GET and POST are allowed, and the Allow header says so."""
    response = await client.request(method, "/graphql?query={hello}")

    assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST, QUERY")


def test_invalid_http_is_refused(address: str) -> None:
    """Bytes that aren't HTTP are refused, and the gateway keeps serving."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(b"\x16\x03\x01\x02\x00 swordfish\r\n\r\n")
        answer = raw.recv(1000)

    assert answer.split(b"\r\n")[0] == b"HTTP/1.1 400 Bad Request"
    assert b"swordfish" not in answer
    assert all(b": ".join(pair) in answer for pair in SAFE)
    assert plain_http.get(f"{address}/livez").status_code == 200


def test_body_that_never_arrives_gets_408(address: str) -> None:
    """A client that announces a body and doesn't send it gets 408 after the timeout."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{")
        answer = raw.recv(4000)

    assert answer.split(b"\r\n")[0] == b"HTTP/1.1 408 Request Timeout"
