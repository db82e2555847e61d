"""Images: small PNG logos, drawn and encoded here so that the same seed gives the same bytes."""

from __future__ import annotations

import struct
import zlib
from random import Random
from typing import Final

from commands.demo.world import Row, World, after
from models.image import MediaType

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
TRUECOLOUR: Final = (8, 2, 0, 0, 0)  # bits, colour type, compression, filter, interlace
SIZES: Final = ((200, 200), (200, 200), (200, 200), (320, 120))  # mostly the recommended size (R007)


def add_logo(world: World, chance: Random, company: Row) -> Row:
    """Add a company's logo: two colours, divided by a diagonal line."""
    width, height = chance.choice(SIZES)
    colours = [bytes(chance.randrange(40, 230) for _ in range(3)) for _ in range(2)]
    at = after(company, days=20)
    return world.add(
        "image",
        at=at,
        company_id=company["id"],
        media_type=MediaType.PNG,
        width=width,
        height=height,
        content=png(width, height, colours[0], colours[1]),
        created_at=at,
    )


def png(width: int, height: int, left: bytes, right: bytes) -> bytes:
    """Return a PNG file with these colours (red, green, blue) on the left and right."""
    lines = []
    for line in range(height):
        edge = width // 4 + line * width // (2 * height)
        lines.append(b"\0" + left * edge + right * (width - edge))
    header = struct.pack(">II5B", width, height, *TRUECOLOUR)
    body = zlib.compress(b"".join(lines), 9)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
