"""Exports in tests: start one, write it as a worker does, and read its file and the pages that a query gets."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from io import StringIO
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import orjson

from models.export import ExportStatus
from resolvers.exporting.writer import ExportWriter
from resolvers.values import identifiers
from tests.client import Answer, Client
from tests.rules.mutations import send

MAX_BYTES: Final = 10_000_000
FIELDS: Final = "id connection format status rowCount byteSize errorCode url createdAt completedAt expiresAt viewerCan"
EXPORT: Final = f"query ($id: ID!) {{ node(id: $id) {{ ... on Export {{ {FIELDS} }} }} }}"
PORTS: Final = "{ ports { nodes { id name speedMbps monthlyRate { amount currency } location { metro } viewerCan } } }"


async def start(client: Client, viewer: str | None, query: str = PORTS, **more: Any) -> dict[str, Any]:
    """Start an export and return the payload. By default, of ports as JSON Lines."""
    values = {"query": query, "format": "JSON_LINES", **more}
    return await send(client, viewer, "startExport", f"export {{ {FIELDS} }}", **values)


def writer(client: Client, *, turn: float = 60, max_bytes: int = MAX_BYTES) -> ExportWriter:
    """Return what writes exports, in the test's process."""
    return ExportWriter(services=client.app.state.services, max_bytes=max_bytes, turn=turn)


def key_of(payload: dict[str, Any]) -> UUID:
    """Return the key of a started export."""
    assert [] == payload["userErrors"]
    return identifiers.parse(payload["export"]["id"], "id", "Export").key


async def written(client: Client, payload: dict[str, Any], **more: Any) -> ExportStatus | None:
    """Write a started export, and return its status."""
    return await writer(client, **more).write(key_of(payload))


async def read(client: Client, viewer: str | None, payload: dict[str, Any]) -> Any:
    """Return what a viewer reads of a started export now."""
    return (await client(viewer, EXPORT, id=payload["export"]["id"])).data["node"]


async def download(client: Client, url: str, viewer: str | None = None, **headers: str) -> httpx.Response:
    """Get a link, with the token of a viewer if there's one."""
    token = {} if viewer is None else {"Authorization": f"Bearer {await client._token(viewer)}"}
    parts = urlsplit(url)
    return await client.http.get(f"{parts.path}?{parts.query}", headers={**token, **headers})


async def content(client: Client, viewer: str | None, payload: dict[str, Any]) -> bytes:
    """Return the decompressed file of a written export."""
    response = await download(client, (await read(client, viewer, payload))["url"])
    assert (200, "application/gzip") == (response.status_code, response.headers["Content-Type"])
    return gzip.decompress(response.content)


async def lines(client: Client, viewer: str | None, query: str = PORTS, **more: Any) -> list[dict[str, Any]]:
    """Export as JSON Lines, and return the rows."""
    started = await start(client, viewer, query, **more)
    assert ExportStatus.COMPLETED == await written(client, started)
    return [orjson.loads(line) for line in (await content(client, viewer, started)).splitlines()]


async def table(client: Client, viewer: str | None, query: str = PORTS, **more: Any) -> list[dict[str, str]]:
    """Export as CSV, and return the rows by the names of the columns."""
    started = await start(client, viewer, query, format="CSV", **more)
    assert ExportStatus.COMPLETED == await written(client, started)
    text = (await content(client, viewer, started)).decode()
    return list(csv.DictReader(StringIO(text, newline="")))


async def queried(
    client: Client, viewer: str | None, fields: str, connection: str = "ports", size: int = 3
) -> list[dict[str, Any]]:
    """Return the rows of all pages of a connection, with `__hidden` as an export has it."""
    selected = f"nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }}"
    query = f"query ($after: String) {{ {connection}(first: {size}, after: $after) {{ {selected} }} }}"
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        answer = await client(viewer, query, after=after)
        page = answer.data[connection]
        found += _with_reasons(page["nodes"], answer)
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _with_reasons(rows: list[dict[str, Any]], answer: Answer) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(rows):
        hidden = {".".join(map(str, each.path[3:])): each.reason for each in answer.redactions if each.path[2] in ("*", place)}
        yield {**row, "__hidden": hidden} if hidden else row
