"""The log of a gateway in a separate process: one line per request, without secrets."""

from __future__ import annotations

import io
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from settings import Settings
from tests import plain_http
from tests.transport.gateway import ADA, COMPANY, MEMBERSHIP, POLICY, REMOVED, make_app
from tests.transport.process import GatewayProcess
from transport.authentication.tokens import Tokens
from transport.logs import request_lines


class BrokenPipe(io.RawIOBase):
    """A file whose reader has closed."""

    def writable(self) -> bool:
        return True

    def write(self, _: Any, /) -> int:
        raise BrokenPipeError


QUERY = "query Greeting($name: String!) { hello(name: $name) }"


def request_lines_of(process: GatewayProcess) -> list[dict[str, Any]]:
    process.stop()
    return [line for line in process.lines if line["event"] == "request"]


def test_request_line_has_the_viewer_and_the_operation(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """A request's line has its id, path and status, its operation and cost, its viewer and the policy, and nothing else."""
    token = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "the-request-1"}

    response = plain_http.post(
        f"{process.address}/graphql?why=swordfish",
        json={"query": QUERY, "variables": {"name": "swordfish"}},
        headers=headers,
    )
    [line] = request_lines_of(process)

    assert response.headers["X-Request-ID"] == "the-request-1"
    assert {
        "event": "request",
        "level": "info",
        "logger": "crossgate.request",
        "request_id": "the-request-1",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "operation": "Greeting",
        "operation_type": "query",
        "cost": 0,
        "policy": POLICY,
        "user_id": str(ADA),
        "company_id": str(COMPANY),
    } == {name: value for name, value in line.items() if name not in ("milliseconds", "timestamp")}


def test_tokens_and_values_are_not_logged(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """No token, valid or not, no variable and no query string is logged."""
    good = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    others = [tokens_of_process.issue(ADA, MEMBERSHIP, -1), tokens_of_process.issue(REMOVED, None, 60), "swordfish"]
    params = {"query": QUERY, "variables": '{"name": "swordfish"}'}

    for token in [good, *others]:
        headers = {"Authorization": f"Bearer {token}"}
        plain_http.get(f"{process.address}/graphql", params=params, headers=headers)
        wrong = {"query": QUERY, "variables": {"name": ["swordfish"]}}
        plain_http.post(f"{process.address}/graphql", json=wrong, headers=headers)
    assert len(request_lines_of(process)) == 8

    for secret in [good, *others]:
        assert secret not in process.output


def test_masked_error_is_logged_with_its_request(process: GatewayProcess) -> None:
    """A masked error's traceback is logged with the request id and without local variables."""
    response = plain_http.post(f"{process.address}/graphql", json={"query": "{ broken }"})
    crashed = plain_http.get(f"{process.address}/crash")
    process.stop()

    errors = [line for line in process.lines if line["level"] == "error"]
    assert [
        ("error.masked", response.headers["X-Request-ID"]),
        ("request.failed", crashed.headers["X-Request-ID"]),
    ] == [(line["event"], line["request_id"]) for line in errors]
    assert all(line["exception"].endswith("RuntimeError: the password is swordfish") for line in errors)
    assert all("locals" not in line["exception"] for line in errors)


def test_request_line_has_nothing_of_the_previous_request(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """On one connection, the second request's line has neither the viewer nor the operation of the first."""
    token = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    query = b"GET /graphql?query=query+First{hello} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token.encode()
    probe = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    parts = urlsplit(process.address)

    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(query + b"\r\n\r\n" + probe)
        assert b"".join(iter(lambda: raw.recv(4000), b"")).count(b"HTTP/1.1 200 OK") == 2
    first, second = request_lines_of(process)

    assert {"user_id", "company_id", "operation", "operation_type", "cost"} == first.keys() - second.keys()


def test_client_that_disconnects_is_not_an_error(process: GatewayProcess) -> None:
    """A client that disconnects before its request is complete is logged with status 499, not as an error."""
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
    parts = urlsplit(process.address)

    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(head + b"Expect: 100-continue\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 100 Continue")
    [line] = request_lines_of(process)

    assert (line["path"], line["status"]) == ("/graphql", 499)
    assert [line for line in process.lines if line["level"] == "error"] == []


async def test_unwritable_log_does_not_stop_requests(
    settings: Settings, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests are served even if their log lines can't be written."""
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(io.BufferedWriter(BrokenPipe()), write_through=True))

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(settings, tokens)), base_url="http://gateway"
    ) as client:
        assert (await client.get("/livez")).status_code == 200


def test_request_lines_follow_the_log_level(settings: Settings) -> None:
    """Request lines have level INFO, so a higher log level turns them off."""
    levels = ["DEBUG", "INFO", "WARNING", "ERROR"]
    writers = [request_lines(settings.model_copy(update={"log_level": level})) for level in levels]

    assert [True, True, False, False] == [writer is not None for writer in writers]


@pytest.mark.parametrize("request_id", ["two words", "a" * 65, "é".encode().decode("latin-1"), '"}', ""])
def test_unsafe_request_id_is_replaced(address: str, request_id: str) -> None:
    """A request id that could corrupt the log is replaced."""
    response = plain_http.get(f"{address}/livez", headers={b"X-Request-ID": request_id.encode("latin-1")})

    assert len(response.headers["X-Request-ID"]) == 32


def test_every_request_has_its_own_id(address: str) -> None:
    """Two requests have different ids, and an operation can read its own."""
    first, second = (plain_http.post(f"{address}/graphql", json={"query": "{ request }"}) for _ in range(2))

    assert {"data": {"request": first.headers["X-Request-ID"]}} == first.json()
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
