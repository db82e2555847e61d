"""A real portal for tests: an HTTPS server on this machine, with a certificate that only those who are given its authority trust."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PROOF = "/.well-known/crossgate-portal.txt"


@dataclass
class Site:
    """A server at an origin. It answers with a status and a body, after a delay, and notes what was asked."""

    origin: str
    trusted: ssl.SSLContext
    status: int = 200
    body: bytes = b""
    delay: float = 0
    paths: list[str] = field(default_factory=list)
    connections: int = 0


def _certificate(directory: Path) -> ssl.SSLContext:
    """Write a certificate of localhost that signs itself, and return the server's side of TLS."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    formats = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "key.pem").write_bytes(key.private_bytes(*formats))
    (directory / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(directory / "certificate.pem", directory / "key.pem")
    return context


@asynccontextmanager
async def running_site() -> AsyncIterator[Site]:
    """Run a site for the length of the block."""
    with TemporaryDirectory() as name:
        context = _certificate(Path(name))
        site = Site("", ssl.create_default_context(cafile=f"{name}/certificate.pem"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site.connections += 1
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            site.paths.append(request.split(b" ")[1].decode())
            await asyncio.sleep(site.delay)
            head = f"HTTP/1.1 {site.status} .\r\nLocation: {site.origin}/other\r\nContent-Length: {len(site.body)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + site.body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    site.origin = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield site
