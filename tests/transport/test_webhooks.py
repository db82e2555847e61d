"""Sending webhooks: over TLS to the host that the endpoint names, never into the gateway's own network, and never for long."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from graphql import parse, validate
from standardwebhooks import Webhook

from models.webhook_endpoint import SUBSCRIBABLE
from resolvers.values.webhook_secrets import generate
from resolvers.webhooks import FIRST_DELAY, JITTER, MAX_DELAY, NotDelivered, OutgoingEvent, delay
from schema.schema import make_schema
from schema.subscription import Subscription
from schema.webhook_documents import DOCUMENTS
from tests.receiver import running_receiver
from transport import webhooks
from transport.webhooks import WebhookClient, signatures, without_unknown

BODY = b'{"type":"webhook.test","data":{}}'


def event(url: str, *secrets: str) -> OutgoingEvent:
    """Return an event for a URL."""
    return OutgoingEvent("d2QB", url, BODY, secrets or (generate(),))


def certificate(path: Path, host: str) -> Path:
    """Write a certificate for a host that signs itself, with its key, and return the file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - timedelta(hours=1), now + timedelta(1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(built.public_bytes(serialization.Encoding.PEM) + secret)
    return path


def context_of(file: Path) -> ssl.SSLContext:
    """Return the TLS context of a server with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_event_is_sent_over_tls_to_the_host_that_the_certificate_names(tmp_path: Path) -> None:
    """The connection goes to the address that was checked, and TLS still asks for the host's name and verifies it."""
    file, secret = certificate(tmp_path / "localhost.pem", "localhost"), generate()
    async with running_receiver(context_of(file)) as receiver:
        status = await WebhookClient(local=True, trusted=file)(event(receiver.url, secret))

    (received,) = receiver.received
    assert (204, ["localhost"]) == (status, receiver.server_names)
    assert {"type": "webhook.test", "data": {}} == Webhook(secret).verify(received.body, received.headers)


@pytest.mark.parametrize(("host", "trusted"), [("other.example", True), ("localhost", False)])
async def test_receiver_without_a_valid_certificate_gets_nothing(tmp_path: Path, host: str, trusted: bool) -> None:
    """Another host's certificate and an unknown authority's are refused, with the reason."""
    file = certificate(tmp_path / "some.pem", host)
    async with running_receiver(context_of(file)) as receiver:
        with pytest.raises(NotDelivered, match="certificate isn't valid"):
            await WebhookClient(local=True, trusted=file if trusted else None)(event(receiver.url))

    assert [] == receiver.received


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[fd00::1]",
             "[64:ff9b::10.0.0.1]", "100.64.0.1", "[::]"]
)  # fmt: skip
async def test_private_addresses_are_never_connected_to(host: str) -> None:
    """Whatever is at an address of the gateway's own network, it gets no event."""
    async with running_receiver() as receiver:
        port = receiver.url.rpartition(":")[2]
        with pytest.raises(NotDelivered) as refused:
            await WebhookClient()(event(f"https://{host}:{port}/"))

    assert ("The host has no public address.", 0) == (str(refused.value), receiver.connections)


async def test_name_that_resolves_to_a_private_address_is_never_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public name with a private address gets no event, even if the address is written as IPv6."""
    for address in ("10.1.2.3", "::ffff:127.0.0.1", "fe80::1%eth0"):

        async def resolve(*_arguments: Any, found: str = address, **_more: Any) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, 443))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        with pytest.raises(NotDelivered) as refused:
            await WebhookClient()(event("https://hooks.example.com/"))

        assert "The host has no public address." == str(refused.value)


async def test_name_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the address that was checked, so a name can't change its address in between."""
    asked, connected = [], []

    async def resolve(host: str, *_arguments: Any, **_more: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1" if len(asked) == 1 else "127.0.0.1", 443))]

    async def connect(_network: Any, host: str, *_arguments: Any) -> Any:
        connected.append(IPv4Address(host))
        raise httpcore.ConnectError("refused")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    with pytest.raises(NotDelivered, match="couldn't connect to"):
        await WebhookClient()(event("https://hooks.example.com/"))

    assert (["hooks.example.com"], [IPv4Address("1.1.1.1")]) == (asked, connected)


async def test_redirect_to_a_private_address_is_not_followed() -> None:
    """A receiver can't send the gateway elsewhere."""
    async with running_receiver() as receiver:
        receiver.statuses = [307]
        with pytest.raises(NotDelivered) as refused:
            await WebhookClient(local=True)(event(f"{receiver.url}/hooks"))

    assert "The receiver answered with status 307. Redirects aren't followed." == str(refused.value)
    assert ["/hooks"] == [each.path for each in receiver.received]


async def test_slow_receiver_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that accepts an event and never answers ends at the time limit."""
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.2)
    async with running_receiver() as receiver:
        receiver.delay = 3600
        with pytest.raises(NotDelivered, match="didn't answer within"):
            await WebhookClient(local=True)(event(receiver.url))


async def test_large_answer_is_not_read() -> None:
    """What a receiver answers counts by its status only, and is never read to the end."""
    async with running_receiver() as receiver:
        receiver.tail = b"x" * 50_000_000

        assert 204 == await WebhookClient(local=True)(event(receiver.url))


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.6\r\n", b""], ids=["another protocol", "nothing"])
async def test_answer_of_another_protocol_is_not_repeated_to_anybody(answer: bytes) -> None:
    """The reason says that the answer isn't valid, and has nothing of it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        with pytest.raises(NotDelivered) as refused:
            await WebhookClient(local=True)(event(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))

    assert "The receiver ended the connection without a valid answer." == str(refused.value)


def test_event_is_signed_by_each_secret() -> None:
    """There is one signature for each secret, each as the library makes it."""
    first, second, moment = generate(), generate(), datetime(2026, 11, 28, tzinfo=UTC)

    signed = list(signatures(event("https://example.com", first, second), int(moment.timestamp())))

    assert [Webhook(secret).sign("d2QB", moment, BODY.decode()) for secret in (first, second)] == signed


def test_every_subscription_has_its_event_and_its_document() -> None:
    """Endpoints can subscribe to what subscriptions send, except for what is for one user or key, or for people's pages alone."""
    others = {"NOTIFICATION_RECEIVED", "EXPORT_UPDATED", "MANAGED_ACCOUNT_UPDATED"}
    fields = {field.python_name.upper() for field in Subscription.__strawberry_definition__.fields}  # type: ignore[attr-defined]
    schema = make_schema()._schema

    assert {event.value for event in SUBSCRIBABLE} == fields - others
    assert set(SUBSCRIBABLE) == DOCUMENTS.keys()
    assert [] == [error for text in DOCUMENTS.values() for error in validate(schema, parse(text))]


def test_document_loses_the_fields_that_a_schema_does_not_have() -> None:
    """With strict schemas, an event doesn't name what its viewer can never see."""
    schema = make_schema()._schema
    text = "query Webhook($id: ID!) { port: node(id: $id) { ... on Port { id unknown { amount } name } } }"

    assert "unknown" not in without_unknown(text, schema)
    assert [] == validate(schema, parse(without_unknown(text, schema)))


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, FIRST_DELAY), (2, 2 * FIRST_DELAY), (5, 16 * FIRST_DELAY), (99, MAX_DELAY)]
)
def test_delays_double_with_some_chance(attempts: int, seconds: float) -> None:
    """Retries of many events don't come all at once."""
    delays = [delay(attempts) for _ in range(200)]

    assert seconds * (1 - JITTER) <= min(delays) < max(delays) <= seconds * (1 + JITTER)
    assert len(set(delays)) > 100
