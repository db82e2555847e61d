"""Pictures made for a test, and the way to upload one."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any, Final

import httpx
from PIL import Image

from tests.client import Client

RED: Final = (200, 30, 30)


def picture(kind: str = "PNG", size: tuple[int, int] = (200, 200), *, mode: str = "RGB", **options: Any) -> bytes:
    """A picture of one colour, with a gradient to the right; `options` are those of Pillow's writer."""
    image = Image.new(mode, size)
    image.paste(Image.linear_gradient("L").resize(size).convert(mode))
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says to be of a size, and ends after its head."""
    head = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def opened(content: bytes) -> Image.Image:
    """The picture in a file, decoded."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


async def upload(
    ask: Client, email: str | None, content: Any, company: str | None = None, media_type: str = "application/octet-stream"
) -> httpx.Response:
    """The answer to an upload by a user, or by nobody, for its own company or for another."""
    headers = {"Content-Type": media_type}
    if email is not None:
        headers["Authorization"] = f"Bearer {await ask._token(email)}"
    parameters = {} if company is None else {"companyId": company}
    return await ask.client.post("/files", content=content, params=parameters, headers=headers)
