"""A real OpenID issuer for tests: an HTTP server on this machine with keys that it can rotate, and tokens that it signs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

AUDIENCE: Final = "crossgate-test"
CURVES: Final = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
KEYS: Final = "/keys"
DISCOVERY: Final = "/.well-known/openid-configuration"


@cache
def _private(algorithm: str, kid: str) -> Any:  # noqa: ARG001 (each kid has a key of its own)
    """Return the private key of a kid, which takes a moment to generate."""
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm])
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Issuer:
    """An issuer at a URL. `answers` replaces what it answers at a path: a status and a body, or None to drop the connection."""

    url: str
    keys: dict[str, str] = field(default_factory=lambda: {"first": "RS256"})  # algorithms by kid
    answers: dict[str, tuple[int, bytes] | None] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)  # the paths that were asked
    delay: float = 0
    connections: int = 0

    @property
    def fetches(self) -> int:
        """How often its keys were fetched."""
        return self.requests.count(KEYS)

    def rotate(self, kid: str, algorithm: str = "RS256") -> None:
        """Sign with another key from now on, and publish no other."""
        self.keys = {kid: algorithm}

    def go_away(self) -> None:
        """Drop all connections from now on."""
        self.answers = {DISCOVERY: None, KEYS: None}

    def come_back(self) -> None:
        """Answer as usual from now on."""
        self.answers = {}

    def claims(self, address: str, /, **more: Any) -> dict[str, Any]:
        """Return the claims of a valid token. None leaves a claim out, and a time from now on becomes a timestamp."""
        now = int(datetime.now(UTC).timestamp())
        more = {
            name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value for name, value in more.items()
        }
        times = {"iat": now, "exp": now + 300, "auth_time": now}
        who = {"iss": self.url, "aud": AUDIENCE, "sub": f"sub of {address}", "email": address, "email_verified": True}
        return {name: value for name, value in {**who, **times, **more}.items() if value is not None}

    def token(self, address: str, /, *, kid: str | None = None, header: dict[str, Any] | None = None, **more: Any) -> str:
        """Return a token that its latest key signs, or the key named `kid`, whether or not it's published."""
        kid = kid or list(self.keys)[-1]
        algorithm = self.keys.get(kid, "RS256")
        key = _private(algorithm, kid)
        return jwt.encode(self.claims(address, **more), key, algorithm, {"kid": kid, **(header or {})})

    def public_jwk(self, kid: str) -> dict[str, Any]:
        """Return a public key as it's published."""
        algorithm = self.keys[kid]
        public = _private(algorithm, kid).public_key()
        return {**get_default_algorithms()[algorithm].to_jwk(public, as_dict=True), "kid": kid, "use": "sig"}

    def answer(self, path: str) -> tuple[int, bytes] | None:
        """Return the status and the body at a path."""
        self.requests.append(path)
        if path in self.answers:
            return self.answers[path]
        documents: dict[str, Any] = {
            DISCOVERY: {"issuer": self.url, "jwks_uri": self.url + KEYS},
            KEYS: {"keys": [self.public_jwk(kid) for kid in self.keys]},
        }
        return (200, json.dumps(documents[path]).encode()) if path in documents else (404, b"{}")


@asynccontextmanager
async def running_issuer() -> AsyncIterator[Issuer]:
    """Run an issuer for the length of the block."""
    issuer = Issuer("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        issuer.connections += 1
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            answer = issuer.answer(request.split(b" ")[1].decode())
            await asyncio.sleep(issuer.delay)
            if answer is not None:
                head = f"HTTP/1.1 {answer[0]} .\r\nLocation: {issuer.url}{KEYS}\r\nContent-Length: {len(answer[1])}\r\n"
                writer.write(f"{head}Connection: close\r\n\r\n".encode() + answer[1])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    issuer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield issuer
