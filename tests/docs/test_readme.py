"""README is true: its query gives its answer, its table holds all settings, its commands and links are there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from asyncpg import RaiseError

from commands.__main__ import MODULES
from settings import Settings, variable
from tests.client import DEMO_VIEWERS, HIDDEN, PARTNER, POLICY, Client, open_client
from tests.pictures import picture, upload
from tests.rules.answers import told, whole
from transport.http.uploads import PATH

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


VERSION = "5d0f3c2a9b7e4186"  # of a policy; the real one changes with every rule


def block(language: str) -> str:
    """The first block of code in a language."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def unversioned(body: Any) -> Any:
    """An answer as README shows it after the first: without the version of the policy."""
    rest = {name: value for name, value in body.items() if name != "extensions"}
    extensions = {name: value for name, value in body.get("extensions", {}).items() if name != "policy"}
    return rest | ({"extensions": extensions} if extensions else {})


async def test_the_query_gives_the_answer(ask_demo: Client) -> None:
    """Whoever types README's query as README says sees README's answer."""
    answer = await ask_demo(HIDDEN, block("graphql"))

    assert json.loads(block("json").replace(VERSION, POLICY)) == whole(answer)


async def test_the_changes_give_the_answers(demo_copy_url: str, tmp_path: Path) -> None:
    """Whoever sends README's mutations as README says, one after the other, is answered as README says."""
    section = README.partition("## Change things")[2].partition("\n## ")[0]
    steps = re.findall(r"`([a-z]+@[a-z.]+)`[^`]*```graphql\n(.*?)```\n\n```json\n(.*?)```", section, re.DOTALL)

    async with open_client(demo_copy_url, tmp_path) as ask:
        answers = [whole(await ask(email, mutation)) for email, mutation, _ in steps]
        waiting = await ask(HIDDEN, steps[0][1])

    assert 3 == len(steps)
    assert [told(json.loads(expected)["data"]) for *_, expected in steps] == answers
    ordered: dict[str, Any] = {"port": None, "orderApproval": {"status": "PENDING"}, "userErrors": []}
    assert {"orderPort": ordered} == waiting.data


async def test_what_can_be_done_is_as_it_says(ask_demo: Client) -> None:
    """Whoever asks what it may do as README says is answered as README says."""
    section = README.partition("## Know what can be done")[2].partition("\n## ")[0]
    ((email, query, expected),) = re.findall(
        r"`([a-z]+@[a-z.]+)`[^`]*```graphql\n(.*?)```\n\n```json\n(.*?)```", section, re.DOTALL
    )

    answer = await ask_demo(email, query)

    assert json.loads(expected) == unversioned(json.loads(answer.body))


async def test_looking_as_another_gives_the_answers(ask_demo: Client) -> None:
    """Whoever looks as an account, previews its settings and compares as README says is answered as README says."""
    section = README.partition("## View as\n")[2].partition("\n## ")[0]
    first, _, rest = section.partition("### Preview settings")
    second, _, third = rest.partition("### Compare two viewers")
    ((named, query),) = re.findall(r"X-Crossgate-View-As: (\S+)'.*?-d '(.*?)'\n", first, re.DOTALL)
    ((preview,),) = [re.findall(r"```graphql\n(.*?)```", second, re.DOTALL)]
    ((compared,),) = [re.findall(r"-d '(.*?)'\n", third, re.DOTALL)]

    looked = await ask_demo.post(PARTNER, "/graphql", json.loads(query), **{"X-Crossgate-View-As": named})
    previewed = await ask_demo.post(PARTNER, "/graphql", {"query": preview})
    differing = await ask_demo.post(PARTNER, "/diff", json.loads(compared))

    expected = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]
    assert expected == [unversioned(each.json()) for each in (looked, previewed, differing)]


async def test_the_upload_gives_the_answer(demo_copy_url: str, tmp_path: Path) -> None:
    """The user of README's upload may upload, to its address, and the answer has the keys that README names."""
    section = README.partition("### Upload a logo")[2].partition("## ")[0]
    path, email = re.findall(r"localhost:8000(/\S+) .*--as (\S+)\)", section)[0]
    keys = re.findall(r"`(\w+)`", section.partition("The answer (201) has")[2].partition(".")[0])

    async with open_client(demo_copy_url, tmp_path) as ask:
        answer = await upload(ask, email, picture(), media_type="application/x-www-form-urlencoded")  # as curl says

    assert (PATH, 201, keys) == (path, answer.status_code, list(answer.json()))


async def test_the_audit_log_is_read_and_pruned_as_it_says(demo_copy_url: str, tmp_path: Path) -> None:
    """README's query is answered with what was denied, and its statements remove old events and keep the others for good."""
    section = README.partition("## Who did what")[2]
    query, statements = (re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)[0] for language in ("graphql", "sql"))
    old = "INSERT INTO audit_event (id, at, kind) VALUES (gen_random_uuid(), now() - interval '401 days', 'DENIAL')"

    async with open_client(demo_copy_url, tmp_path) as ask:
        await ask(HIDDEN, block("graphql"))
        await ask.app.state.services.audit.flush()
        answer = await ask(HIDDEN, query)
        async with ask.app.state.services.reader.connection() as connection:
            await connection.driver.execute(old)
            await connection.driver.execute(statements)
            left = await connection.driver.fetchval("SELECT count(*) FROM audit_event")
            with pytest.raises(RaiseError, match="never altered"):
                await connection.driver.execute("DELETE FROM audit_event")

    (event,) = answer.data["auditEvents"]["nodes"]
    assert ("DENIAL", 2, 1) == (event["kind"], event["counts"][0]["count"], left)


def test_the_table_holds_every_setting() -> None:
    """Each environment variable is in the table of settings, and the table has no other."""
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))

    assert {variable(name) for name in Settings.model_fields} == named


def test_the_two_commands_are_targets() -> None:
    """The commands that README names first are in the Makefile."""
    makefile = (ROOT / "Makefile").read_text()

    assert {"serve", "test"} <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_the_subcommands_exist() -> None:
    """Each `crossgate` call of README names a subcommand."""
    assert set(re.findall(r"\./crossgate ([a-z]+)", README)) <= set(MODULES)


def test_the_viewers_are_the_demo_users() -> None:
    """The table of viewers names the five demo users."""
    named = set(re.findall(r"^\| `([a-z]+@[a-z.]+)` \|", README, re.MULTILINE))

    assert {viewer for viewer in DEMO_VIEWERS if viewer} == named


def test_links_lead_somewhere() -> None:
    """Each relative link of README, CONTRIBUTING and the decisions leads to a file of the project."""
    broken = {
        f"{page.name}: {target}"
        for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"))
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    }

    assert set() == broken
