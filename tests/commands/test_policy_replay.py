"""`crossgate policy replay` runs recorded queries under two policies and reports changed decisions without any values."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

import server
from commands.failure import Failure
from commands.policy.revisions import policies_of
from commands.policy.work.replay import _read
from resolvers.reading.viewers import find_member
from tests.client import DIRECT, HIDDEN, PARTNER, POLICY
from tests.commands.process import ROOT, CompletedCommand, crossgate, run_subprocess

PRICES = "query Prices($first: Int!) { ports(first: $first) { nodes { name monthlyRate { amount } } } }"
ACCOUNTS = "{ managedAccounts(first: 3) { edges { node { id company { tradingName } } } } }"
HIDDEN_PRICES = re.compile(r"# Prices are hidden from a managed account.*?;\n\n", re.DOTALL)
PARTNER_VIEWS_AS = re.compile(r'allow\(viewer: Viewer, "view_as", company: Company\).*?;', re.DOTALL)
PARTNER_READS = re.compile(r"# A partner can read the accounts.*?;\n\n", re.DOTALL)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A copy of the policy that a test can change."""
    directory = tmp_path / "candidate"
    directory.mkdir()
    for path in server.POLICIES.glob("*.polar"):
        shutil.copy(path, directory)
    return directory


def remove_rule(directory: Path, name: str, rule: re.Pattern[str]) -> None:
    """Remove a rule."""
    path = directory / name
    changed, times = rule.subn("", path.read_text())
    assert 1 == times
    path.write_text(changed)


async def recorded_viewer(url: str, email: str | None) -> dict[str, str | None]:
    """A viewer as it is recorded."""
    if email is not None:
        engine = create_async_engine(url, poolclass=sa.NullPool)
        member = await find_member(engine, email)
        assert member is not None
        async with engine.connect() as connection:
            company = await connection.scalar(
                sa.text("SELECT company_id FROM membership WHERE id = :id"), {"id": member.membership_id}
            )
        return {"userId": str(member.user_id), "companyId": str(company)}
    return {"userId": None, "companyId": None}


async def recorded_line(url: str, email: str | None, query: str, **variables: Any) -> str:
    """A line of a recording."""
    return json.dumps({**await recorded_viewer(url, email), "operationName": None, "query": query, "variables": variables})


async def recorded_view_as(url: str, requester_email: str, email: str, query: str, **variables: Any) -> dict[str, Any]:
    """The recording of a view-as query."""
    requester = {
        "asker" + name[0].upper() + name[1:]: key for name, key in (await recorded_viewer(url, requester_email)).items()
    }
    return {**await recorded_viewer(url, email), **requester, "operationName": None, "query": query, "variables": variables}


async def test_changed_decisions_are_reported(demo_url: str, tmp_path: Path, policies: Path) -> None:
    """Fields and rows that the candidate shows or hides are counted by viewer shape, without values. The exit code is 1."""
    lines = [
        await recorded_line(demo_url, HIDDEN, PRICES, first=2),
        await recorded_line(demo_url, PARTNER, PRICES, first=2),
        await recorded_line(demo_url, PARTNER, ACCOUNTS),
        await recorded_line(demo_url, None, "{ viewer { roles } }"),
    ]
    (tmp_path / "recorded").write_text("\n".join(lines))
    remove_rule(policies, "port.polar", HIDDEN_PRICES)
    remove_rule(policies, "managed_account.polar", PARTNER_READS)

    done, again = [replay(tmp_path, demo_url, "--candidate", str(policies)) for _ in range(2)]
    version = server.load_candidate(policies).version

    assert [
        f"Queries: 4, viewers: 3, policies: {POLICY} and {version}; differences:",
        "ALLOW→DENY  ManagedAccount (rows)  PARTNER+ACCOUNT_ADMIN  3 in 1 of 4 queries",
        "DENY→ALLOW  Port.monthlyRate  MANAGED+ACCOUNT_ADMIN+by=PARTNER+order_approval_required  2 in 1 of 4 queries",
    ] == done.stdout.splitlines()
    assert (1, "") == (done.returncode, done.stderr)
    assert done.stdout == again.stdout


async def test_view_as_queries_are_replayed_as_the_target(demo_url: str, tmp_path: Path, policies: Path) -> None:
    """Each policy decides whether the requester may view as the target. A company is viewed as its administrator."""
    as_user = await recorded_view_as(demo_url, PARTNER, HIDDEN, PRICES, first=2)
    lines = [as_user, as_user | {"userId": None}, await recorded_view_as(demo_url, DIRECT, HIDDEN, PRICES, first=2)]
    (tmp_path / "recorded").write_text("\n".join(map(json.dumps, lines)))
    remove_rule(policies, "port.polar", HIDDEN_PRICES)
    remove_rule(policies, "company.polar", PARTNER_VIEWS_AS)

    done = replay(tmp_path, demo_url, "--candidate", str(policies))

    version, shape = server.load_candidate(policies).version, "MANAGED+ACCOUNT_ADMIN+by=PARTNER+order_approval_required"
    assert [
        f"Queries: 2, viewers: 2, policies: {POLICY} and {version}; differences:",
        f"ALLOW→DENY  VIEW_AS_REFUSED  {shape}  1 in 1 of 2 queries",
        f"DENY→ALLOW  Port.monthlyRate  {shape}  2 in 1 of 2 queries",
        "Line 3 used view-as for a target that its sender can no longer view as.",
    ] == done.stdout.splitlines()
    assert (1, "") == (done.returncode, done.stderr)


async def test_same_policy_has_no_differences(demo_url: str, tmp_path: Path, policies: Path) -> None:
    """Without changed decisions the report says so, also as Markdown, and the exit code is 0."""
    (tmp_path / "recorded").write_text(await recorded_line(demo_url, HIDDEN, PRICES, first=2))

    done = replay(tmp_path, demo_url, "--candidate", str(policies), "--format", "md")

    expected = f"Queries: 1, viewers: 1, policies: {POLICY} and {POLICY}; no differences.\n"
    assert (0, expected, "") == (done.returncode, done.stdout, done.stderr)


async def test_lines_that_cannot_be_replayed_are_named(demo_url: str, tmp_path: Path, policies: Path) -> None:
    """Invalid queries, queries of removed viewers and mutations added by hand are reported by line number."""
    removed = json.loads(await recorded_line(demo_url, HIDDEN, PRICES, first=2)) | {"userId": str(UUID(int=1))}
    looked_as = await recorded_view_as(demo_url, PARTNER, HIDDEN, PRICES, first=2) | {"askerUserId": str(UUID(int=1))}
    mutation = await recorded_line(demo_url, None, "mutation { __typename }")
    lines = [await recorded_line(demo_url, None, "{ prices }"), json.dumps(removed), json.dumps(looked_as), mutation]
    (tmp_path / "recorded").write_text("\n".join(lines))

    done = replay(tmp_path, demo_url, "--candidate", str(policies))

    assert [
        f"Queries: 0, viewers: 0, policies: {POLICY} and {POLICY}; no differences.",
        "Line 1 is no longer a valid query.",
        "Line 2 was sent by a viewer that no longer exists.",
        "Line 3 was sent by a viewer that no longer exists.",
        "Line 4 is no longer a valid query.",
    ] == done.stdout.splitlines()


@pytest.mark.parametrize("wrong", [{"query": 7}, {"variables": [1]}, {"operationName": 7}, {"userId": "nobody"}], ids=str)
def test_malformed_line_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """A line with a field of the wrong type is refused."""
    valid: dict[str, Any] = {
        "userId": None,
        "companyId": None,
        "operationName": None,
        "query": "{ viewer { roles } }",
        "variables": {},
    }
    (tmp_path / "recorded").write_text(json.dumps(valid | wrong))

    with pytest.raises(Failure, match=":1 isn't a recorded query"):
        list(_read(tmp_path / "recorded"))


def test_invalid_recording_or_candidate_is_refused(tmp_path: Path, policies: Path) -> None:
    """A malformed line is named, and so is an invalid candidate."""
    (tmp_path / "recorded").write_text("{}\n")
    (tmp_path / "empty").write_text("")
    (policies / "port.polar").write_text("gibberish")

    wrong = replay(tmp_path, None, "--candidate", str(policies))
    nowhere = crossgate("policy", "replay", str(tmp_path / "empty"), "--candidate", "no-such-revision", data_dir=tmp_path)
    refused = crossgate("policy", "replay", str(tmp_path / "empty"), "--candidate", str(policies), data_dir=tmp_path)

    assert (1, f"crossgate: {tmp_path}/recorded:1 isn't a recorded query.\n") == (wrong.returncode, wrong.stderr)
    message = f"crossgate: no-such-revision is neither a directory nor a git revision of {server.HERE}.\n"
    assert (1, message) == (nowhere.returncode, nowhere.stderr)
    assert (1, True) == (refused.returncode, "port.polar:1" in refused.stderr)


def test_git_revision_can_be_a_candidate() -> None:
    """A revision's candidate is exactly the policy files of that commit."""
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD:policies"], capture_output=True, text=True, check=True, cwd=ROOT
    )

    with policies_of("HEAD") as directory:
        files = {path.name for path in directory.iterdir()}
        heading = (directory / "port.polar").read_text().splitlines()[0]

    assert {name for name in listed.stdout.split() if name.endswith(".polar")} == files
    assert "# Ports: the network ports that a company orders in a data centre." == heading
    assert not directory.exists()


def replay(directory: Path, database_url: str | None, *options: str) -> CompletedCommand:
    """Run the command on the recording in a directory.

    It runs in a separate process, so that its decisions don't count as covered by tests.
    """
    return run_subprocess(
        "policy", "replay", str(directory / "recorded"), *options, data_dir=directory, database_url=database_url
    )
