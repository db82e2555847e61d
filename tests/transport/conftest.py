"""The gateway shared by all transport tests, and clients for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from settings import Settings
from tests import plain_http
from tests.transport.gateway import ADA, MEMBERSHIP, make_app, running
from tests.transport.process import GatewayProcess
from transport.authentication.tokens import Tokens

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


class PostQuery(Protocol):
    """Posts a GraphQL query to the gateway."""

    async def __call__(self, query: Any, *, accept: str = GRAPHQL, token: str | None = None, **more: Any) -> httpx.Response:
        """Send a query. `more` has further entries of the request body."""


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("data"), max_body_bytes=10_000, max_document_tokens=500, request_timeout=1)


@pytest.fixture(scope="session")
def tokens(settings: Settings) -> Tokens:
    return Tokens.load(settings.signing_key_file)


@pytest.fixture(scope="session")
def token(tokens: Tokens) -> str:
    return tokens.issue(ADA, MEMBERSHIP, 3600)


@pytest.fixture(scope="session")
def address(settings: Settings, tokens: Tokens) -> Iterator[str]:
    with running(make_app(settings, tokens), settings) as address:
        yield address


@pytest.fixture(scope="session")
async def client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with plain_http.client(base_url=address) as client:
        yield client


@pytest.fixture(scope="session")
def post(client: httpx.AsyncClient) -> PostQuery:
    async def post(query: Any, *, accept: str = GRAPHQL, token: str | None = None, **more: Any) -> httpx.Response:
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
        return await client.post("/graphql", json={"query": query, **more}, headers=headers)

    return post


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "signing-key.pem"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[GatewayProcess]:
    process = GatewayProcess(tmp_path)
    yield process
    process.stop()


@pytest.fixture
def tokens_of_process(process: GatewayProcess, tmp_path: Path) -> Tokens:
    assert process.address
    return Tokens.load(tmp_path / "signing-key.pem")
