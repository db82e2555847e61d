"""Images and certificates for tests, and a function to upload one."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any, Final

import httpx
from fpdf import FPDF
from PIL import Image

from tests.client import Client

RED: Final = (200, 30, 30)


def picture(kind: str = "PNG", size: tuple[int, int] = (200, 200), *, mode: str = "RGB", **options: Any) -> bytes:
    """Return an image with a gradient. `options` are those of Pillow's writer."""
    image = Image.new(mode, size)
    image.paste(Image.linear_gradient("L").resize(size).convert(mode))
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def claiming(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that declares a size, but has no pixels."""
    head = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def opened(content: bytes) -> Image.Image:
    """Decode the image in a file."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


async def upload(
    client: Client,
    email: str | None,
    content: Any,
    company: str | None = None,
    media_type: str = "application/octet-stream",
    purpose: str | None = None,
) -> httpx.Response:
    """Upload a file as a user or anonymously, for the user's own company or another, and return the response."""
    headers = {"Content-Type": media_type}
    if email is not None:
        headers["Authorization"] = f"Bearer {await client._token(email)}"
    given = {"companyId": company, "purpose": purpose}
    parameters = {name: value for name, value in given.items() if value is not None}
    return await client.http.post("/files", content=content, params=parameters, headers=headers)


def certificate(pages: int = 1, password: str | None = None) -> bytes:
    """Return a PDF with some pages, encrypted if there is a password."""
    document = FPDF()
    for number in range(pages):
        document.add_page()
        document.set_font("helvetica")
        document.cell(text=f"Certificate of registration, page {number + 1}")
    if password is not None:
        document.set_encryption(owner_password="owner", user_password=password)
    return bytes(document.output())
