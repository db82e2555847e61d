"""A stopping gateway finishes the requests that it has started."""

from __future__ import annotations

import resource
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from settings import Settings
from tests.transport.process import GatewayProcess

BODY = b'{"query": "{ hello }"}'
HEAD = (
    "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(BODY)}\r\nExpect: 100-continue\r\n\r\n"
)


def wait_until_closed(address: tuple[str, int]) -> None:
    """Wait until no new connection is accepted."""
    while True:
        try:
            socket.create_connection(address, timeout=5).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)


def test_request_in_progress_is_finished(process: GatewayProcess) -> None:
    """When the process receives SIGTERM, a request that it is reading gets its response, and new connections are refused."""
    parts = urlsplit(process.address)
    address = (parts.hostname or "", parts.port or 0)
    with socket.create_connection(address, timeout=5) as raw:
        raw.sendall(HEAD.encode())
        interim = raw.recv(1000)  # the gateway asks for the body, so the request is in progress
        process.terminate()
        wait_until_closed(address)
        raw.sendall(BODY)
        answer = b"".join(iter(lambda: raw.recv(4000), b""))

    assert interim.split(b"\r\n")[0] == b"HTTP/1.1 100 Continue"
    assert answer.split(b"\r\n")[0] == b"HTTP/1.1 200 OK"
    assert answer.endswith(b'{"data":{"hello":"Hello, world!"}}')
    assert process.stop() == -signal.SIGTERM


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux shows the limits of another process")
def test_process_raises_its_file_limit_to_its_connections(tmp_path: Path) -> None:
    """A gateway started with a low soft limit on open files raises it, up to the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        process = GatewayProcess(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    raised, _ = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    process.stop()

    needed = Settings.model_fields["max_connections"].default + 1
    assert raised >= (needed if hard == resource.RLIM_INFINITY else min(needed, hard))
