"""`crossgate policy replay` asks recorded queries by two policies, and tells what is decided otherwise, but no value."""

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
from commands.policy.replay import _read
from commands.policy.revisions import policies_of
from resolvers.reading.viewers import find_member
from tests.client import DIRECT, HIDDEN, PARTNER, POLICY
from tests.commands.process import ROOT, Done, crossgate, started

PRICES = "query Prices($first: Int!) { ports(first: $first) { nodes { name monthlyRate { amount } } } }"
ACCOUNTS = "{ managedAccounts(first: 3) { edges { node { id company { tradingName } } } } }"
HIDDEN_PRICES = re.compile(r"# Prices are hidden from a managed account.*?;\n\n", re.DOTALL)
PARTNER_LOOKS = re.compile(r'allow\(viewer: Viewer, "view_as", company: Company\).*?;', re.DOTALL)
PARTNER_READS = re.compile(r"# A partner can read the accounts.*?;\n\n", re.DOTALL)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A copy of the policy, to be changed."""
    directory = tmp_path / "candidate"
    directory.mkdir()
    for path in server.POLICIES.glob("*.polar"):
        shutil.copy(path, directory)
    return directory


def change(directory: Path, name: str, rule: re.Pattern[str]) -> None:
    """Take a rule away."""
    path = directory / name
    changed, times = rule.subn("", path.read_text())
    assert 1 == times
    path.write_text(changed)


async def who(url: str, email: str | None) -> dict[str, str | None]:
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


async def asked(url: str, email: str | None, query: str, **variables: Any) -> str:
    """A line of a recording."""
    return json.dumps({**await who(url, email), "operationName": None, "query": query, "variables": variables})


async def looked(url: str, asker: str, email: str, query: str, **variables: Any) -> dict[str, Any]:
    """What is recorded of a query of somebody who looks as a user."""
    whose = {"asker" + name[0].upper() + name[1:]: key for name, key in (await who(url, asker)).items()}
    return {**await who(url, email), **whose, "operationName": None, "query": query, "variables": variables}


async def test_what_is_decided_otherwise_is_told(demo_url: str, tmp_path: Path, policies: Path) -> None:
    """Fields and rows that a candidate shows or hides are counted by viewer's shape, without a value, and the exit code is 1."""
    lines = [
        await asked(demo_url, HIDDEN, PRICES, first=2),
        await asked(demo_url, PARTNER, PRICES, first=2),
        await asked(demo_url, PARTNER, ACCOUNTS),
        await asked(demo_url, None, "{ viewer { roles } }"),
    ]
    (tmp_path / "recorded").write_text("\n".join(lines))
    change(policies, "port.polar", HIDDEN_PRICES)
    change(policies, "managed_account.polar", PARTNER_READS)

    done, again = [replayed(tmp_path, demo_url, "--candidate", str(policies)) for _ in range(2)]
    version = server.load_candidate(policies).version

    assert [
        f"Queries: 4, viewers: 3, policies: {POLICY} and {version}; differences:",
        "ALLOW→DENY  ManagedAccount (rows)  PARTNER+ACCOUNT_ADMIN  3 in 1 of 4 queries",
        "DENY→ALLOW  Port.monthlyRate  MANAGED+ACCOUNT_ADMIN+by=PARTNER+order_approval_required  2 in 1 of 4 queries",
    ] == done.stdout.splitlines()
    assert (1, "") == (done.returncode, done.stderr)
    assert done.stdout == again.stdout


async def test_who_looked_as_another_looks_so_again(demo_url: str, tmp_path: Path, policies: Path) -> None:
    """It looks as far as each policy lets it, and is answered as whom it looks: a company is seen as its administrator sees it."""
    as_user = await looked(demo_url, PARTNER, HIDDEN, PRICES, first=2)
    lines = [as_user, as_user | {"userId": None}, await looked(demo_url, DIRECT, HIDDEN, PRICES, first=2)]
    (tmp_path / "recorded").write_text("\n".join(map(json.dumps, lines)))
    change(policies, "port.polar", HIDDEN_PRICES)
    change(policies, "company.polar", PARTNER_LOOKS)

    done = replayed(tmp_path, demo_url, "--candidate", str(policies))

    version, shape = server.load_candidate(policies).version, "MANAGED+ACCOUNT_ADMIN+by=PARTNER+order_approval_required"
    assert [
        f"Queries: 2, viewers: 2, policies: {POLICY} and {version}; differences:",
        f"ALLOW→DENY  VIEW_AS_REFUSED  {shape}  1 in 1 of 2 queries",
        f"DENY→ALLOW  Port.monthlyRate  {shape}  2 in 1 of 2 queries",
        "Line 3 used view-as for a target that its sender can no longer view as.",
    ] == done.stdout.splitlines()
    assert (1, "") == (done.returncode, done.stderr)


async def test_the_same_policy_decides_the_same(demo_url: str, tmp_path: Path, policies: Path) -> None:
    """Where nothing is decided otherwise the report says so, in Markdown too, and the exit code is 0."""
    (tmp_path / "recorded").write_text(await asked(demo_url, HIDDEN, PRICES, first=2))

    done = replayed(tmp_path, demo_url, "--candidate", str(policies), "--format", "md")

    expected = f"Queries: 1, viewers: 1, policies: {POLICY} and {POLICY}; no differences.\n"
    assert (0, expected, "") == (done.returncode, done.stdout, done.stderr)


async def test_what_cannot_be_asked_again_is_told(demo_url: str, tmp_path: Path, policies: Path) -> None:
    """A query that is no longer valid, one whose viewer is no more, and what somebody has written in, are named by their lines."""
    gone = json.loads(await asked(demo_url, HIDDEN, PRICES, first=2)) | {"userId": str(UUID(int=1))}
    looked_as = await looked(demo_url, PARTNER, HIDDEN, PRICES, first=2) | {"askerUserId": str(UUID(int=1))}
    mutation = await asked(demo_url, None, "mutation { __typename }")
    lines = [await asked(demo_url, None, "{ prices }"), json.dumps(gone), json.dumps(looked_as), mutation]
    (tmp_path / "recorded").write_text("\n".join(lines))

    done = replayed(tmp_path, demo_url, "--candidate", str(policies))

    assert [
        f"Queries: 0, viewers: 0, policies: {POLICY} and {POLICY}; no differences.",
        "Line 1 is no longer a valid query.",
        "Line 2 was sent by a viewer that no longer exists.",
        "Line 3 was sent by a viewer that no longer exists.",
        "Line 4 is no longer a valid query.",
    ] == done.stdout.splitlines()


@pytest.mark.parametrize("wrong", [{"query": 7}, {"variables": [1]}, {"operationName": 7}, {"userId": "nobody"}], ids=str)
def test_a_line_that_is_no_recorded_query_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """Whatever is wrong with it."""
    right: dict[str, Any] = {
        "userId": None,
        "companyId": None,
        "operationName": None,
        "query": "{ viewer { roles } }",
        "variables": {},
    }
    (tmp_path / "recorded").write_text(json.dumps(right | wrong))

    with pytest.raises(Failure, match=":1 isn't a recorded query"):
        list(_read(tmp_path / "recorded"))


def test_what_is_no_recording_is_refused(tmp_path: Path, policies: Path) -> None:
    """A line that is no recorded query is named, and so is a candidate that is no policy."""
    (tmp_path / "recorded").write_text("{}\n")
    (tmp_path / "empty").write_text("")
    (policies / "port.polar").write_text("gibberish")

    wrong = replayed(tmp_path, None, "--candidate", str(policies))
    nowhere = crossgate("policy", "replay", str(tmp_path / "empty"), "--candidate", "no-such-revision", data_dir=tmp_path)
    refused = crossgate("policy", "replay", str(tmp_path / "empty"), "--candidate", str(policies), data_dir=tmp_path)

    assert (1, f"crossgate: {tmp_path}/recorded:1 isn't a recorded query.\n") == (wrong.returncode, wrong.stderr)
    said = f"crossgate: no-such-revision is neither a directory nor a git revision of {server.HERE}.\n"
    assert (1, said) == (nowhere.returncode, nowhere.stderr)
    assert (1, True) == (refused.returncode, "port.polar:1" in refused.stderr)


def test_a_revision_is_a_candidate() -> None:
    """The policy files of a commit, and no others, are those that it has."""
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD:policies"], capture_output=True, text=True, check=True, cwd=ROOT
    )

    with policies_of("HEAD") as directory:
        found = {path.name for path in directory.iterdir()}
        heading = (directory / "port.polar").read_text().splitlines()[0]

    assert {name for name in listed.stdout.split() if name.endswith(".polar")} == found
    assert "# Ports: the network ports that a company orders in a data centre." == heading
    assert not directory.exists()


def replayed(directory: Path, database_url: str | None, *options: str) -> Done:
    """What the command says of the recording in a directory. What a process of its own asks policy, no test has exercised."""
    return started("policy", "replay", str(directory / "recorded"), *options, data_dir=directory, database_url=database_url)
