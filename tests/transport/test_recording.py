"""Recording: queries that are executed, each with who asked, and nothing else; only where a setting says so."""

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
async def recorded(database_url: str, data_dir: Path, path: Path | None) -> AsyncIterator[Client]:
    """The gateway, recording to a file."""
    settings = Settings(data_dir=data_dir, database_url=database_url, log_level="ERROR", record_operations=path)
    app = server.build(settings)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield Client(app, client, compares=False)


def lines(path: Path) -> list[Any]:
    """What has been recorded."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def names(directory: Path) -> list[str]:
    """What is in a directory."""
    return [path.name for path in directory.iterdir()]


async def who(ask: Client, email: str | None) -> dict[str, Any]:
    """A viewer as it is recorded."""
    if email is None:
        return {"userId": None, "companyId": None}
    token = ask.app.state.tokens.verify(await ask._token(email))
    query = "SELECT company_id FROM membership WHERE id = $1"
    async with ask.app.state.services.engine.connect() as connection:
        found = await connection.exec_driver_sql(query, (token.membership_id,))
        return {"userId": str(token.user_id), "companyId": str(found.scalar_one())}


async def test_a_query_is_recorded_with_who_asked(demo_url: str, tmp_path: Path) -> None:
    """Each query that is executed is a line with its viewer, its name, its text and its variables, over whatever it came."""
    path = tmp_path / "recorded.jsonl"

    async with recorded(demo_url, tmp_path, path) as ask:
        await ask(HIDDEN, NAMED, first=1)
        await ask(ANONYMOUS, "{ viewer { roles } }")
        async with opened(ask.app) as socket:
            await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {await ask._token(DIRECT)}"}})
            await socket.receive()
            await socket.send({"type": "subscribe", "id": "one", "payload": {"query": "{ viewer { roles } }"}})
            await socket.receive()
        viewers = [await who(ask, email) for email in (HIDDEN, ANONYMOUS, DIRECT)]

    named = {"operationName": "Ports", "query": NAMED, "variables": {"first": 1}}
    unnamed: dict[str, Any] = {"operationName": None, "query": "{ viewer { roles } }", "variables": {}}
    assert [viewers[0] | named, viewers[1] | unnamed, viewers[2] | unnamed] == lines(path)


async def test_who_looks_as_another_is_recorded_with_both(demo_url: str, tmp_path: Path) -> None:
    """As a company or as a user: the viewer, and who asks. A preview is recorded once, with the query that it stands in."""
    path, company = tmp_path / "recorded.jsonl", "{ viewer { user { id } company { id managedAccounts { nodes { id } } } } }"
    query = "query ($id: ID!) { previewSettings(managedAccountId: $id) { viewer { roles } } }"

    async with recorded(demo_url, tmp_path, path) as ask:
        seen = (await ask(HIDDEN, company)).data["viewer"]
        account = (await ask(PARTNER, company)).data["viewer"]["company"]["managedAccounts"]["nodes"][0]["id"]
        path.write_text("")
        for named in (seen["user"]["id"], seen["company"]["id"]):
            await ask.send(PARTNER, "{ viewer { roles } }", {}, **{"X-Crossgate-View-As": named})
        await ask(PARTNER, query, id=account)
        viewer, asker = [await who(ask, email) for email in (HIDDEN, PARTNER)]

    asked_by = {"askerUserId": asker["userId"], "askerCompanyId": asker["companyId"]}
    looked = {**asked_by, "operationName": None, "query": "{ viewer { roles } }", "variables": {}}
    preview = asker | {"operationName": None, "query": query, "variables": {"id": account}}
    assert [viewer | looked, viewer | {"userId": None} | looked, preview] == lines(path)


async def test_what_is_no_executed_query_is_not_recorded(demo_copy_url: str, tmp_path: Path) -> None:
    """Neither a mutation, nor a query that is refused before it runs."""
    path = tmp_path / "recorded.jsonl"
    mutation = "mutation { saveMarketplaceProfile(input: {version: 1}) { userErrors { code } } }"

    async with recorded(demo_copy_url, tmp_path, path) as ask:
        answers = [await ask(DIRECT, text) for text in (mutation, "{ nothing }", "{ ports(")]

    assert ["saveMarketplaceProfile"] == list(answers[0].data or {})
    assert [400, 400] == [answer.status for answer in answers[1:]]
    assert [] == lines(path)


async def test_only_its_owner_reads_the_file(demo_url: str, tmp_path: Path) -> None:
    """The file is made with mode 0600, and one that was there gets it; what was in it stays."""
    made, there = tmp_path / "made", tmp_path / "there"
    there.write_text("{}\n")
    there.chmod(0o644)

    for path in (made, there):
        async with recorded(demo_url, tmp_path, path) as ask:
            await ask(ANONYMOUS, "{ viewer { roles } }")

    assert [0o600, 0o600] == [stat.S_IMODE(path.stat().st_mode) for path in (made, there)]
    assert [1, 2] == [len(lines(path)) for path in (made, there)]


def test_a_file_that_cannot_be_written_stops_the_start(demo_url: str, tmp_path: Path) -> None:
    """It is known at the start, not with the first query."""
    settings = Settings(data_dir=tmp_path, database_url=demo_url, record_operations=tmp_path / "nowhere" / "recorded")

    with pytest.raises(FileNotFoundError):
        server.build(settings)


async def test_a_query_goes_on_where_it_cannot_be_recorded(demo_url: str, tmp_path: Path) -> None:
    """Whoever asks does not suffer from a full or vanished disk."""
    directory = tmp_path / "here"
    directory.mkdir()

    async with recorded(demo_url, tmp_path, directory / "recorded") as ask:
        (directory / "recorded").unlink()
        directory.rmdir()
        answer = await ask(ANONYMOUS, "{ viewer { roles } }")

    assert {"viewer": {"roles": []}} == answer.data


async def test_nothing_is_recorded_by_default(demo_url: str, tmp_path: Path) -> None:
    """Without the setting no file is made."""
    async with recorded(demo_url, tmp_path, None) as ask:
        await ask(HIDDEN, NAMED, first=1)

    assert ["signing-key.pem"] == names(tmp_path)
