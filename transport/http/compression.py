"""Compression of responses above 1 kB, with Brotli or gzip, as the client accepts.

Zstandard is off: a fetch library for Node 20 accepts it and then fails. The fastest level of each saves nearly as much as the next
ones. At 10 Mbit/s it saves at least 30 times the time that it takes (`make bench ARGS=http`). Pictures and PDF files are compressed
already. Event streams aren't compressed, because each open one would hold a compressor's memory. A response has only values that the
viewer can see, and no other site can send requests with the viewer's credentials, so its length reveals nothing to the viewer either.
"""

from __future__ import annotations

from typing import Final

from starlette.middleware import Middleware
from starlette_compress import CompressMiddleware, add_compress_type, remove_compress_type

from transport.http.negotiation import MediaType, quality_of

MINIMUM_SIZE: Final = 1024  # bytes


def compression() -> Middleware:
    """Return the middleware that compresses responses."""
    for media_type in (MediaType.GRAPHQL, "application/graphql", "text/csv"):
        add_compress_type(media_type)
    remove_compress_type(MediaType.EVENT_STREAM)
    return Middleware(CompressMiddleware, minimum_size=MINIMUM_SIZE, zstd=False, brotli_quality=1, gzip_level=1)


def accepts(accept_encoding: str, encoding: str) -> bool:
    """Return whether an Accept-Encoding header allows an encoding."""
    return quality_of(accept_encoding, encoding, "*") > 0
