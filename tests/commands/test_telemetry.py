"""Metrics and traces of the commands that run as processes, as settings and standard variables turn them on."""

from __future__ import annotations

import asyncio
import signal
import socket
from asyncio.subprocess import Process
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from typer.testing import CliRunner

from commands.__main__ import app
from models.notification import NotificationKind
from resolvers.notifying.notifications import Message, queue_mail
from tests import plain_http
from tests.commands.process import running
from tests.free_port import free_port
from tests.mailbox import PATIENCE, mail_server
from tests.otlp import receiving

RUNNER = CliRunner()


async def scraped(port: int, name: str, wanted: float, **labels: str) -> set[str]:
    """Scrape until a sample has a value. Returns the names of the samples."""
    async with plain_http.client() as client, asyncio.timeout(PATIENCE):
        while True:
            await asyncio.sleep(0.2)
            try:
                response = await client.get(f"http://127.0.0.1:{port}/metrics")
            except httpx.TransportError:
                continue  # it starts
            samples = [sample for family in parse(response.text) for sample in family.samples]
            if any((sample.name, sample.labels, sample.value) == (name, labels, wanted) for sample in samples):
                return {sample.name for sample in samples}


async def stop(process: Process) -> int:
    """Stop a process and return its exit code."""
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        return await process.wait()


async def test_worker_has_metrics_and_traces(data_dir: Path, database_url: str, engine: AsyncEngine) -> None:
    """A worker counts the mails that it sends and the jobs of the queue, and exports a span for each job, without addresses."""
    port = free_port()
    async with AsyncSession(engine.execution_options(isolation_level="READ COMMITTED")) as session, session.begin():
        await queue_mail(session, NotificationKind.SECURITY, "swordfish@sample.example", Message("Sample", "Swordfish"))
    async with mail_server() as box:
        with receiving() as receiver:
            variables = {
                "CROSSGATE_SMTP_URL": box.url,
                "CROSSGATE_METRICS_PORT": str(port),
                "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
                "OTEL_SERVICE_NAME": "sample-worker",
            }
            async with running(data_dir, database_url, "worker", variables=variables) as process:
                names = await scraped(port, "crossgate_mails_total", 1, result="sent")
                await scraped(port, "crossgate_jobs", 0, queue="mails", state="due")
                code = await stop(process)

    assert 0 == code
    assert {"crossgate_job_duration_seconds_count", "crossgate_job_delay_seconds", "process_resident_memory_bytes"} <= names
    [span] = receiver.named("send_mail")
    assert ("sample-worker", "CONSUMER", "") == (span.service, span.kind, span.parent)
    assert {"SELECT", "UPDATE"} & {each.name for each in receiver.spans if each.parent == span.id}
    assert b"swordfish" not in b"".join(receiver.raw).lower()


async def test_gateway_sends_its_last_spans_before_it_stops(data_dir: Path, demo_url: str) -> None:
    """A gateway serves metrics, and the span of a request before SIGTERM reaches the receiver."""
    port, metrics_port = free_port(), free_port()
    with receiving() as receiver:
        variables = {
            "CROSSGATE_PORT": str(port),
            "CROSSGATE_METRICS_PORT": str(metrics_port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        }
        async with running(data_dir, demo_url, "serve", variables=variables) as process:
            await scraped(metrics_port, "crossgate_change_listener_connected", 1)
            async with plain_http.client() as client:
                response = await client.get(f"http://127.0.0.1:{port}/livez")
            code = await stop(process)

    assert (200, 0) == (response.status_code, code)
    assert ["/livez"] == [span.attributes["url.path"] for span in receiver.named("GET /livez")]


def test_used_metrics_port_is_an_error_before_anything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that is in use stops the start, and the message names the setting."""
    monkeypatch.setenv("CROSSGATE_DATA_DIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as used:
        monkeypatch.setenv("CROSSGATE_METRICS_PORT", str(used.getsockname()[1]))
        result = RUNNER.invoke(app, ["serve", "--port", "0"])

    assert "is in use. Choose another one with CROSSGATE_METRICS_PORT." in " ".join(str(result.exception).split())
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["worker", "--development"]])
def test_other_protocol_of_traces_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    """A protocol that isn't supported stops the start, and the message names the variable."""
    monkeypatch.setenv("CROSSGATE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc")
    result = RUNNER.invoke(app, command)

    assert "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL must be http/protobuf" in str(result.exception)
