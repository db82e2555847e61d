"""Uploads: what is refused and when, and that a refused upload stores nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from models import Image
from resolvers.endpoints.uploads import MAX_UNUSED_IMAGES
from resolvers.files.image_decoding import MAX_BYTES
from settings import Settings
from tests.client import Client, open_client
from tests.factory import Company, Factory, Thing
from tests.pictures import claiming, opened, picture, upload
from tests.rules.mutations import recorded_changes
from tests.transport.gateway import running
from transport.limits.quotas import DOWNLOAD_CHARGE, UPLOAD_CHARGE, WINDOW

PNG: Final = picture("PNG")
HEAD: Final = "POST /files HTTP/1.1\r\nHost: x\r\n"


@dataclass(frozen=True)
class Market:
    """A gateway and a database with one company."""

    client: Client
    factory: Factory
    engine: AsyncEngine
    company: Company

    async def upload(self, content: Any, **more: Any) -> httpx.Response:
        """Upload as the company's administrator."""
        return await upload(self.client, self.company.admin, content, **more)

    async def images(self) -> list[Any]:
        """The keys of all images, oldest first."""
        async with self.engine.connect() as connection:
            return list((await connection.execute(sa.select(Image.id).order_by(Image.id))).scalars())


@pytest.fixture
async def market(database_url: str, engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Market]:
    factory = Factory(engine)
    async with open_client(database_url, tmp_path) as client:
        yield Market(client, factory, engine, await factory.company())


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def refusal(response: httpx.Response) -> tuple[int, str]:
    """The status and code of a refusal."""
    (error,) = response.json()["errors"]
    assert error["extensions"]["requestId"] == response.headers["X-Request-ID"]
    return response.status_code, error["extensions"]["code"]


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
@pytest.mark.parametrize("chunked", [False, True])
async def test_picture_is_stored_and_served(market: Market, kind: str, media_type: str, chunked: bool) -> None:
    """The response has the image's fields as in GraphQL, and its Location serves the picture."""
    content = picture(kind, (200, 100))

    response = await market.upload(chunks(content) if chunked else content)
    served = await market.client.http.get(
        urlsplit(response.headers["Location"]).path,
        headers={"Authorization": f"Bearer {await market.client._token(market.company.admin)}"},
    )

    (key,) = await market.images()
    image = Thing("Image", key).id
    facts = {"width": 200, "height": 100, "mediaType": kind, "isRecommendedSize": False}
    assert {"id": image, "url": f"http://localhost:8000/files/{image}", **facts} == response.json()
    assert (201, "no-store") == (response.status_code, response.headers["Cache-Control"])
    assert (200, media_type, (200, 100)) == (served.status_code, served.headers["Content-Type"], opened(served.content).size)


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "application/octet-stream", "text/html", "application/json"])
async def test_content_type_does_not_decide_the_format(market: Market, media_type: str) -> None:
    """A PNG is a PNG, whatever its Content-Type."""
    response = await market.upload(PNG, media_type=media_type)

    assert (201, "PNG") == (response.status_code, response.json()["mediaType"])


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        pytest.param(b"", 415, "UNSUPPORTED_IMAGE", id="empty"),
        pytest.param(picture("GIF"), 415, "UNSUPPORTED_IMAGE", id="another format"),
        pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "UNSUPPORTED_IMAGE", id="svg"),
        pytest.param(PNG[:300], 415, "UNSUPPORTED_IMAGE", id="truncated"),
        pytest.param(picture("JPEG")[:-9], 415, "UNSUPPORTED_IMAGE", id="truncated JPEG"),
        pytest.param(b"--x\r\n\r\n" + PNG + b"\r\n--x--", 415, "UNSUPPORTED_IMAGE", id="form"),
        pytest.param(claiming(4096, 4097), 422, "IMAGE_TOO_LARGE", id="too many pixels"),
        pytest.param(claiming(60_000, 60_000), 422, "IMAGE_TOO_LARGE", id="decompression bomb"),
        pytest.param(bytes(MAX_BYTES), 415, "UNSUPPORTED_IMAGE", id="at the size limit, not a picture"),
        pytest.param(bytes(MAX_BYTES + 1), 413, "PAYLOAD_TOO_LARGE", id="too large"),
        pytest.param(PNG + bytes(MAX_BYTES), 413, "PAYLOAD_TOO_LARGE", id="too large after the end of the picture"),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
async def test_invalid_upload_is_refused(market: Market, content: bytes, status: int, code: str, chunked: bool) -> None:
    """Each refusal has its code, with a Content-Length or in chunks, and stores nothing."""
    response = await market.upload(chunks(content) if chunked else content, media_type="image/png")

    assert ((status, code), []) == (refusal(response), await market.images())


async def test_other_paths_keep_the_common_size_limit(market: Market) -> None:
    """Only uploads can be larger than other requests."""
    limits = [
        (await market.client.http.post(path, content=bytes(1024 * 1024 + 1))).json()["errors"][0]["message"]
        for path in ("/graphql", "/files/", "/files/x")
    ]

    assert ["The request body is too large; at most 1048576 bytes are allowed."] * 3 == limits


async def test_uploading_requires_sign_in(market: Market) -> None:
    """Nothing is uploaded without a token or with an invalid one, and the responses tell the two apart."""
    anonymous = await upload(market.client, None, PNG)
    forged = await market.client.http.post("/files", content=PNG, headers={"Authorization": "Bearer forged"})

    assert [(401, "UNAUTHENTICATED")] * 2 == [refusal(anonymous), refusal(forged)]
    assert "Bearer" == anonymous.headers["WWW-Authenticate"]
    assert 'error="invalid_token"' in forged.headers["WWW-Authenticate"]
    assert [] == await market.images()


@pytest.mark.parametrize("name", ["", "1", "xx", Thing("Image", UUID(int=7)).id])
async def test_invalid_company_id_is_refused(market: Market, name: str) -> None:
    """A companyId that isn't the global id of a company is refused."""
    response = await market.upload(PNG, company=name)

    assert ((400, "INVALID_ID"), []) == (refusal(response), await market.images())


async def test_repeated_company_id_is_refused(market: Market) -> None:
    """Two company ids are ambiguous."""
    headers = {"Authorization": f"Bearer {await market.client._token(market.company.admin)}"}
    params = {"companyId": [market.company.id, market.company.id]}

    response = await market.client.http.post("/files", content=PNG, params=params, headers=headers)

    assert ((400, "BAD_REQUEST"), []) == (refusal(response), await market.images())


async def test_uploads_use_post(market: Market) -> None:
    """GET isn't allowed on the upload path."""
    response = await market.client.http.get("/files")

    assert ((405, "METHOD_NOT_ALLOWED"), "POST") == (refusal(response), response.headers["Allow"])


async def test_pages_of_other_origins_can_upload(market: Market) -> None:
    """A page with a token can upload from any origin."""
    origin = {"Origin": "https://portal.example"}
    requested = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}

    preflight = await market.client.http.options("/files", headers=origin | requested)
    refused = await market.client.http.post("/files", content=PNG, headers=origin)

    assert (200, "*") == (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"])
    assert (401, "*") == (refused.status_code, refused.headers["Access-Control-Allow-Origin"])


async def test_unused_images_are_limited(market: Market) -> None:
    """Only the latest unused images are stored, even with concurrent uploads. An image used by a profile always stays."""
    await market.upload(PNG)
    (used,) = await market.images()
    await market.factory.profile(market.company, logo_id=used)
    before = [
        response.status_code for response in await asyncio.gather(*[market.upload(PNG) for _ in range(MAX_UNUSED_IMAGES)])
    ]
    oldest = (await market.images())[:2]

    last = await market.upload(PNG)

    images = await market.images()
    assert ([201] * MAX_UNUSED_IMAGES, 201) == (before, last.status_code)
    assert (MAX_UNUSED_IMAGES + 1, used) == (len(images), images[0])
    assert [True, False] == [key in images for key in oldest]


@pytest.mark.one_process
async def test_uploads_are_charged(database_url: str, engine: AsyncEngine, tmp_path: Path) -> None:
    """An upload above the quota gets 429 and Retry-After before its body is read, and nothing is stored."""
    company = await Factory(engine).company()
    async with open_client(database_url, tmp_path, cost_per_viewer=UPLOAD_CHARGE) as client:
        market = Market(client, Factory(engine), engine, company)
        first, second = await market.upload(PNG), await market.upload(unreadable_body())
        stored = await market.images()

    assert (201, 1) == (first.status_code, len(stored))
    assert f'"cost";q={UPLOAD_CHARGE};w={WINDOW}' == first.headers["RateLimit-Policy"] == second.headers["RateLimit-Policy"]
    assert_rate_limited(second)


async def unreadable_body() -> AsyncIterator[bytes]:
    """A body that fails the test if it is read."""
    raise AssertionError("the body was read")
    yield b""


def assert_rate_limited(refused: httpx.Response) -> None:
    """Assert a 429 with the same retry time in Retry-After, the error and RateLimit."""
    seconds = int(refused.headers["Retry-After"])
    assert (429, "RATE_LIMITED") == refusal(refused)
    assert 1 <= seconds <= WINDOW
    assert seconds == refused.json()["errors"][0]["extensions"]["retryAfter"]
    assert refused.headers["RateLimit"].endswith(f";t={seconds}")


@pytest.mark.one_process
@pytest.mark.parametrize("signed_in", [False, True])
async def test_downloads_are_charged(database_url: str, engine: AsyncEngine, tmp_path: Path, signed_in: bool) -> None:
    """A download above the quota gets 429, whether or not the file exists."""
    company = await Factory(engine).company()
    async with open_client(database_url, tmp_path) as client:
        image = (await upload(client, company.admin, PNG)).json()["id"]
        headers = {"Authorization": f"Bearer {await client._token(company.admin)}"} if signed_in else {}
    async with open_client(
        database_url, tmp_path, cost_per_peer=2 * DOWNLOAD_CHARGE, cost_per_viewer=2 * DOWNLOAD_CHARGE
    ) as client:
        answers = [await client.http.get(f"/files/{name}", headers=headers) for name in (image, "none", image, "none")]

    assert [200 if signed_in else 404, 404, 429, 429] == [answer.status_code for answer in answers]
    for refused in answers[2:]:
        assert_rate_limited(refused)


async def test_images_of_another_company_are_not_deleted(market: Market) -> None:
    """Each company has its own unused images."""
    other = await market.factory.company()
    await upload(market.client, other.admin, PNG)
    (theirs,) = await market.images()

    for _ in range(MAX_UNUSED_IMAGES + 1):
        await market.upload(PNG)

    images = await market.images()
    assert (MAX_UNUSED_IMAGES + 1, theirs) == (len(images), images[0])


async def test_decoding_does_not_block_other_requests(market: Market) -> None:
    """Decoding a large picture doesn't keep other requests waiting."""
    uploading = asyncio.ensure_future(market.upload(picture("PNG", (4096, 4096))))
    answered = 0
    while not uploading.done():
        answered += (await market.client.http.get("/livez")).status_code == 200
        await asyncio.sleep(0)

    assert 201 == uploading.result().status_code
    assert answered > 10


def test_unauthorized_upload_is_refused_before_its_body(database_url: str, tmp_path: Path) -> None:
    """An anonymous upload, or one announced as too large, is refused before any of its body is sent."""
    settings = Settings(data_dir=tmp_path, database_url=database_url, log_level="ERROR", request_timeout=1, shutdown_timeout=1)
    with running(server.build(settings), settings) as address:
        answers = [
            _send_head(address, f"{HEAD}{framing}\r\n\r\n")
            for framing in ("Content-Length: 9999", "Transfer-Encoding: chunked")
        ]
        too_large = _send_head(address, f"{HEAD}Content-Length: {MAX_BYTES + 1}\r\n\r\n")

    assert ["401", "401", "413"] == [*answers, too_large]


async def test_upload_that_never_arrives_gets_408(database_url: str, engine: AsyncEngine, tmp_path: Path) -> None:
    """A body must arrive within the request timeout."""
    company = await Factory(engine).company()
    settings = Settings(data_dir=tmp_path, database_url=database_url, log_level="ERROR", request_timeout=1, shutdown_timeout=1)
    async with open_client(database_url, tmp_path) as client:
        token = await client._token(company.admin)
    with running(server.build(settings), settings) as address:
        head = f"{HEAD}Authorization: Bearer {token}\r\nContent-Length: 9999\r\n\r\n"
        status = await asyncio.to_thread(_send_head, address, head)

    assert "408" == status


def _send_head(address: str, head: str) -> str:
    """Send only the head of a request and return the status of the response."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(head.encode())
        return raw.recv(4000).split()[1].decode()


async def test_upload_is_audited_without_its_content(market: Market, engine: AsyncEngine) -> None:
    """The audit trail records the image and its size, but nothing of the picture."""
    await market.upload(picture("PNG", (200, 100)))

    ((action, table, changes),) = await recorded_changes(engine)
    assert ("uploadFile", "image") == (action, table)
    assert {"width": [None, 200], "height": [None, 100], "content": [None, "…"]}.items() <= changes.items()
