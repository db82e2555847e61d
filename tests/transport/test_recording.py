"""Recording: executed queries, each with its viewer, and nothing else. Off by default."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import server
from settings import Settings
from tests.client import ANONYMOUS, DIRECT, HIDDEN, PARTNER, Client
from tests.event_streams import opened

NAMED = "query Ports($first: Int) { ports(first: $first) { totalCount } }"


@asynccontextmanager
async def open_recording_client(database_url: str, data_dir: Path, path: Path | None) -> AsyncIterator[Client]:
    """Open a client of a gateway that records to a file."""
    settings = Settings(data_dir=data_dir, database_url=database_url, log_level="ERROR", record_operations=path)
    app = server.build(settings)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield Client(app, client, compares=False)


def read_lines(path: Path) -> list[Any]:
    """The recorded operations."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def list_names(directory: Path) -> list[str]:
    """The names of a directory's entries."""
    return [path.name for path in directory.iterdir()]


async def recorded_viewer(client: Client, email: str | None) -> dict[str, Any]:
    """A viewer as it is recorded."""
    if email is None:
        return {"userId": None, "companyId": None}
    token = client.app.state.tokens.verify(await client._token(email))
    query = "SELECT company_id FROM membership WHERE id = $1"
    async with client.app.state.services.engine.connect() as connection:
        result = await connection.exec_driver_sql(query, (token.membership_id,))
        return {"userId": str(token.user_id), "companyId": str(result.scalar_one())}


async def test_query_is_recorded_with_its_viewer(demo_url: str, tmp_path: Path) -> None:
    """Each executed query is a line with its viewer, name, text and variables, for every transport."""
    path = tmp_path / "recorded.jsonl"

    async with open_recording_client(demo_url, tmp_path, path) as client:
        await client(HIDDEN, NAMED, first=1)
        await client(ANONYMOUS, "{ viewer { roles } }")
        async with opened(client.app) as socket:
            await socket.send(
                {"type": "connection_init", "payload": {"Authorization": f"Bearer {await client._token(DIRECT)}"}}
            )
            await socket.receive()
            await socket.send({"type": "subscribe", "id": "one", "payload": {"query": "{ viewer { roles } }"}})
            await socket.receive()
        viewers = [await recorded_viewer(client, email) for email in (HIDDEN, ANONYMOUS, DIRECT)]

    named = {"operationName": "Ports", "query": NAMED, "variables": {"first": 1}}
    unnamed: dict[str, Any] = {"operationName": None, "query": "{ viewer { roles } }", "variables": {}}
    assert [viewers[0] | named, viewers[1] | unnamed, viewers[2] | unnamed] == read_lines(path)


async def test_view_as_query_is_recorded_with_both_viewers(demo_url: str, tmp_path: Path) -> None:
    """A view-as query is recorded with the viewer and the requester. A preview is recorded once, with the query around it."""
    path, company = tmp_path / "recorded.jsonl", "{ viewer { user { id } company { id managedAccounts { nodes { id } } } } }"
    query = "query ($id: ID!) { previewSettings(managedAccountId: $id) { viewer { roles } } }"

    async with open_recording_client(demo_url, tmp_path, path) as client:
        target = (await client(HIDDEN, company)).data["viewer"]
        account = (await client(PARTNER, company)).data["viewer"]["company"]["managedAccounts"]["nodes"][0]["id"]
        path.write_text("")
        for named in (target["user"]["id"], target["company"]["id"]):
            await client.send(PARTNER, "{ viewer { roles } }", {}, **{"X-Crossgate-View-As": named})
        await client(PARTNER, query, id=account)
        viewer, requester = [await recorded_viewer(client, email) for email in (HIDDEN, PARTNER)]

    requested_by = {"askerUserId": requester["userId"], "askerCompanyId": requester["companyId"]}
    view_as = {**requested_by, "operationName": None, "query": "{ viewer { roles } }", "variables": {}}
    preview = requester | {"operationName": None, "query": query, "variables": {"id": account}}
    assert [viewer | view_as, viewer | {"userId": None} | view_as, preview] == read_lines(path)


async def test_only_executed_queries_are_recorded(demo_copy_url: str, tmp_path: Path) -> None:
    """Neither a mutation nor a query that is refused before it runs is recorded."""
    path = tmp_path / "recorded.jsonl"
    mutation = "mutation { saveMarketplaceProfile(input: {version: 1}) { userErrors { code } } }"

    async with open_recording_client(demo_copy_url, tmp_path, path) as client:
        answers = [await client(DIRECT, text) for text in (mutation, "{ nothing }", "{ ports(")]

    assert ["saveMarketplaceProfile"] == list(answers[0].data or {})
    assert [400, 400] == [answer.status for answer in answers[1:]]
    assert [] == read_lines(path)


async def test_only_the_owner_can_read_the_recording(demo_url: str, tmp_path: Path) -> None:
    """A new file has mode 0600. An existing one gets that mode and keeps its content."""
    created, existing = tmp_path / "created", tmp_path / "existing"
    existing.write_text("{}\n")
    existing.chmod(0o644)

    for path in (created, existing):
        async with open_recording_client(demo_url, tmp_path, path) as client:
            await client(ANONYMOUS, "{ viewer { roles } }")

    assert [0o600, 0o600] == [stat.S_IMODE(path.stat().st_mode) for path in (created, existing)]
    assert [1, 2] == [len(read_lines(path)) for path in (created, existing)]


def test_unwritable_file_stops_the_start(demo_url: str, tmp_path: Path) -> None:
    """The error comes at the start, not with the first query."""
    settings = Settings(data_dir=tmp_path, database_url=demo_url, record_operations=tmp_path / "nowhere" / "recorded")

    with pytest.raises(FileNotFoundError):
        server.build(settings)


async def test_query_runs_even_if_it_cannot_be_recorded(demo_url: str, tmp_path: Path) -> None:
    """A full or missing disk doesn't affect callers."""
    directory = tmp_path / "here"
    directory.mkdir()

    async with open_recording_client(demo_url, tmp_path, directory / "recorded") as client:
        (directory / "recorded").unlink()
        directory.rmdir()
        answer = await client(ANONYMOUS, "{ viewer { roles } }")

    assert {"viewer": {"roles": []}} == answer.data


async def test_nothing_is_recorded_by_default(demo_url: str, tmp_path: Path) -> None:
    """Without the setting, no file is created."""
    async with open_recording_client(demo_url, tmp_path, None) as client:
        await client(HIDDEN, NAMED, first=1)

    assert ["signing-key.pem"] == list_names(tmp_path)
