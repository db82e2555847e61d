"""Logs of a gateway that runs as a process of its own: a line a request, and nothing that is secret."""

from __future__ import annotations

import io
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from settings import Settings
from tests.transport.gateway import ADA, COMPANY, MEMBERSHIP, POLICY, REMOVED, make_app
from tests.transport.process import GatewayProcess
from transport.authentication.tokens import Tokens
from transport.logs import request_lines


class Broken(io.RawIOBase):
    """A file whose reader is gone."""

    def writable(self) -> bool:
        return True

    def write(self, _: Any, /) -> int:
        raise BrokenPipeError


QUERY = "query Greeting($name: String!) { hello(name: $name) }"


def lines_of(process: GatewayProcess) -> list[dict[str, Any]]:
    process.stop()
    return [line for line in process.lines if line["event"] == "request"]


def test_a_line_says_who_asked_what(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """A request's line has its id, path and outcome, its operation with its cost, its viewer, the policy, and no more."""
    token = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "the-request-1"}

    response = httpx.post(
        f"{process.address}/graphql?why=swordfish",
        json={"query": QUERY, "variables": {"name": "swordfish"}},
        headers=headers,
        trust_env=False,
    )
    [line] = lines_of(process)

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


def test_no_token_or_value_is_logged(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """Neither a token, good or bad, nor a variable, nor a query string is ever in the logs."""
    good = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    others = [tokens_of_process.issue(ADA, MEMBERSHIP, -1), tokens_of_process.issue(REMOVED, None, 60), "swordfish"]
    asked = {"query": QUERY, "variables": '{"name": "swordfish"}'}

    for token in [good, *others]:
        headers = {"Authorization": f"Bearer {token}"}
        httpx.get(f"{process.address}/graphql", params=asked, headers=headers, trust_env=False)
        wrong = {"query": QUERY, "variables": {"name": ["swordfish"]}}
        httpx.post(f"{process.address}/graphql", json=wrong, headers=headers, trust_env=False)
    assert len(lines_of(process)) == 8

    for secret in [good, *others]:
        assert secret not in process.output


def test_what_broke_is_logged_with_its_request(process: GatewayProcess) -> None:
    """The traceback of a masked error is in the log under the request's id, without local variables."""
    response = httpx.post(f"{process.address}/graphql", json={"query": "{ broken }"}, trust_env=False)
    crashed = httpx.get(f"{process.address}/crash", trust_env=False)
    process.stop()

    errors = [line for line in process.lines if line["level"] == "error"]
    assert [
        ("error.masked", response.headers["X-Request-ID"]),
        ("request.failed", crashed.headers["X-Request-ID"]),
    ] == [(line["event"], line["request_id"]) for line in errors]
    assert all(line["exception"].endswith("RuntimeError: the password is swordfish") for line in errors)
    assert all("locals" not in line["exception"] for line in errors)


def test_a_line_says_nothing_of_the_request_before(process: GatewayProcess, tokens_of_process: Tokens) -> None:
    """Of two requests sent in one breath, the second is logged without the first one's viewer and operation."""
    token = tokens_of_process.issue(ADA, MEMBERSHIP, 60)
    ask = b"GET /graphql?query=query+First{hello} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token.encode()
    leave = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    parts = urlsplit(process.address)

    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(ask + b"\r\n\r\n" + leave)
        assert b"".join(iter(lambda: raw.recv(4000), b"")).count(b"HTTP/1.1 200 OK") == 2
    first, second = lines_of(process)

    assert {"user_id", "company_id", "operation", "operation_type", "cost"} == first.keys() - second.keys()


def test_a_client_that_leaves(process: GatewayProcess) -> None:
    """A client that leaves before its request is complete is no error: its line has status 499."""
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
    parts = urlsplit(process.address)

    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(head + b"Expect: 100-continue\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 100 Continue")
    [line] = lines_of(process)

    assert (line["path"], line["status"]) == ("/graphql", 499)
    assert [each for each in process.lines if each["level"] == "error"] == []


async def test_a_log_that_nobody_reads(settings: Settings, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are answered though their lines cannot be written."""
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(io.BufferedWriter(Broken()), write_through=True))

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(settings, tokens)), base_url="http://gateway"
    ) as client:
        assert (await client.get("/livez")).status_code == 200


def test_lines_below_the_least_level_are_not_made(settings: Settings) -> None:
    """The lines of requests are of level INFO."""
    levels = ["DEBUG", "INFO", "WARNING", "ERROR"]
    writers = [request_lines(settings.model_copy(update={"log_level": level})) for level in levels]

    assert [True, True, False, False] == [writer is not None for writer in writers]


@pytest.mark.parametrize("given", ["two words", "a" * 65, "é".encode().decode("latin-1"), '"}', ""])
def test_a_request_id_that_is_not_sane(address: str, given: str) -> None:
    """A request's id that could confuse a log is replaced."""
    response = httpx.get(f"{address}/livez", headers={b"X-Request-ID": given.encode("latin-1")}, trust_env=False)

    assert len(response.headers["X-Request-ID"]) == 32


def test_every_request_has_its_own_id(address: str) -> None:
    """Two requests have two ids, and an operation knows its own."""
    first, second = (httpx.post(f"{address}/graphql", json={"query": "{ request }"}, trust_env=False) for _ in range(2))

    assert {"data": {"request": first.headers["X-Request-ID"]}} == first.json()
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
