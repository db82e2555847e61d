"""The portal kit's files: any site can load them, and browsers keep them as long as their names say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from transport.http.kit import kit_routes


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway whose kit has three files and a folder."""
    for name in ("kit.js", "core-AbCd_-12.js", "manifest.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "kit.d.ts").write_text("")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Starlette(routes=kit_routes(tmp_path))), base_url="http://kit"
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "lifetime", "media_type"),
    [
        ("kit.js", "no-cache", "text/javascript"),
        ("core-AbCd_-12.js", "public, max-age=31536000, immutable", "text/javascript"),
        ("manifest.json", "no-cache", "application/json"),
    ],
)
async def test_any_site_can_load_the_kit(kit: httpx.AsyncClient, name: str, lifetime: str, media_type: str) -> None:
    """A file whose name has a hash of its content is kept, and the others are asked for again."""
    headers = (await kit.get(f"/kit/v1/{name}")).headers

    assert media_type in headers["content-type"]
    assert (lifetime, "*") == (headers["cache-control"], headers["access-control-allow-origin"])
    assert ("cross-origin", "nosniff") == (headers["cross-origin-resource-policy"], headers["x-content-type-options"])


@pytest.mark.parametrize("name", ["missing.js", "types", "types/kit.d.ts", "..%2Fkit.js", "%2e%2e/settings.py", ""])
async def test_nothing_else_is_served(kit: httpx.AsyncClient, name: str) -> None:
    """A name is never a path, and what isn't there isn't kept."""
    assert 404 == (await kit.get(f"/kit/v1/{name}")).status_code
