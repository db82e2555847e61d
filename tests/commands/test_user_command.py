"""`crossgate user`: whom it adds to which company, with which roles, what it refuses, and whose sessions it ends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from commands.__main__ import app
from models import Company, Membership, User
from resolvers.values.identifiers import parse
from tests.client import Client
from tests.commands.process import CompletedCommand, crossgate, run_subprocess
from tests.factory import Factory, Thing
from tests.models import factory as model_rows
from tests.rules.identity import ask, person, refresh, sign_in
from tests.rules.mutations import recorded_changes, stored_rows

PRINTED: Final = re.compile(r"User (\S{24})\nMembership (\S{24})\n")
ORDINARY: Final = ("ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER")
STAFF: Final = ("REVIEWER", "SUPPORT")


@pytest.fixture
def factory(engine: AsyncEngine) -> Factory:
    """Creates rows in the database."""
    return Factory(engine)


class Create:
    """Runs the command for a company."""

    def __init__(self, data_dir: Path, url: str) -> None:
        self._place = {"data_dir": data_dir, "database_url": url}

    def __call__(self, company: str, *roles: str, email: str = "sam@sample.example", name: str = "Sam") -> CompletedCommand:
        """Run it in this process."""
        return crossgate(*words(company, *roles, email=email, name=name), **self._place)  # type: ignore[arg-type]


def words(company: str, *roles: str, email: str = "sam@sample.example", name: str = "Sam") -> list[str]:
    """The words of a command line."""
    given = [word for role in roles for word in ("--role", role)]
    return ["user", "create", "--email", email, "--name", name, "--company", company, *given]


@pytest.fixture
def create(tmp_path: Path, database_url: str) -> Create:
    """The command, on the test's database."""
    return Create(tmp_path, database_url)


async def empty_company(engine: AsyncEngine, kind: str = "DIRECT", name: str = "Empty") -> Thing:
    """A company without members."""
    async with engine.connect() as connection:
        facts = {"trading_name": name, "legal_name": name, "account_kind": kind, "country": "NL"}
        key = await model_rows.add(connection, Company, **facts)
    return Thing("Company", key)


async def test_user_is_unclaimed_and_a_member_A43(engine: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    """Both IDs are printed. The address is stored as mutations store it, and the audit log has the command."""
    company = await empty_company(engine)
    line = words("Empty", "ACCOUNT_ADMIN", "FINANCE", "FINANCE", email=" Sam@Bücher.example ", name=" Sam  Sample ")
    done = run_subprocess(*line, "--job-title", "Buyer", data_dir=tmp_path, database_url=database_url)

    assert (0, "") == (done.returncode, done.stderr)
    user, membership = await _printed(engine, done)
    assert ("Sam@xn--bcher-kva.example", "Sam Sample", "Buyer", False) == tuple(
        user[name] for name in ("email", "name", "job_title", "claimed")
    )
    assert (company.key, user["id"], ["ACCOUNT_ADMIN", "FINANCE"]) == tuple(
        membership[name] for name in ("company_id", "user_id", "roles")
    )
    assert [("crossgate user create", "membership")] == [change[:2] for change in await recorded_changes(engine)]


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
async def test_member_has_several_ordinary_roles_A43(create: Create, factory: Factory, engine: AsyncEngine, kind: str) -> None:
    """The company is named by its ID."""
    company = await factory.company(kind=kind)
    _, membership = await _printed(engine, create(company.id, *ORDINARY))

    assert (company.key, list(ORDINARY)) == (membership["company_id"], membership["roles"])


@pytest.mark.parametrize("role", STAFF)
async def test_staff_roles_are_the_operators_A43(create: Create, factory: Factory, engine: AsyncEngine, role: str) -> None:
    """Reviewers and support work for the operator, and for nobody else."""
    operator, company = await factory.operator(), await factory.company(name="One")
    account = await factory.managed_account(await factory.partner(), company={"name": "Two"})
    before = await stored_rows(engine)
    refused = [create(each.id, "ACCOUNT_ADMIN", role) for each in (company, account.company)]
    after = await stored_rows(engine)
    allowed = create(operator.name, "ACCOUNT_ADMIN", role)

    assert [
        f"crossgate: --role: {role} is a role of the operator's staff. It isn't allowed in {name}. (INVALID_VALUE)\n"
        for name in ("One", "Two")
    ] == [done.stderr for done in refused]
    assert before == after
    assert 0 == allowed.returncode


@pytest.mark.parametrize("kind", ["OPERATOR", "PARTNER", "DIRECT"])
async def test_first_member_is_an_administrator_V10_R403(create: Create, engine: AsyncEngine, kind: str) -> None:
    """A company never has members but no account administrator."""
    await empty_company(engine, kind)
    refused = create("Empty", "VIEWER")
    first = create("Empty", "ACCOUNT_ADMIN", "VIEWER")
    second = create("Empty", "VIEWER", email="other@sample.example")

    message = "Empty has no account administrator yet, so this person must be one: add ACCOUNT_ADMIN."
    assert (1, f"crossgate: --role: {message} (REQUIRED)\n") == (refused.returncode, refused.stderr)
    assert [0, 0] == [first.returncode, second.returncode]


async def test_known_user_joins_another_company_V21(create: Create, factory: Factory, engine: AsyncEngine) -> None:
    """The user keeps its name. A claimed user comes before an unclaimed one with the same address."""
    first, second, third = [await factory.company() for _ in range(3)]
    unclaimed, _ = await _printed(engine, create(first.id, "VIEWER"))
    again = create(second.id, "VIEWER", email="SAM@sample.example", name="Other")
    joined, _ = await _printed(engine, again)
    claimed = await factory.user(third)
    async with engine.connect() as connection:
        await connection.execute(sa.update(User).where(User.id == claimed.key).values(email="sam@sample.example"))
    preferred, _ = await _printed(engine, create((await factory.company()).id, "VIEWER"))

    assert "This person already has a user, whose name and job title stay as they are.\n" == again.stderr
    assert (unclaimed["id"], "Sam") == (joined["id"], joined["name"])
    assert claimed.key == preferred["id"]


async def test_second_membership_in_a_company_is_refused(create: Create, factory: Factory, engine: AsyncEngine) -> None:
    """Also if the user is unclaimed, and whatever the case of the address."""
    company = await factory.company(name="One")
    create(company.id, "VIEWER")
    before = await stored_rows(engine)
    refused = [create(company.id, "FINANCE", email=email) for email in ("SAM@sample.example", company.admin)]

    assert [(1, "", "crossgate: --email: This person is already a member of One. (TAKEN)\n")] * 2 == [
        (done.returncode, done.stdout, done.stderr) for done in refused
    ]
    assert before == await stored_rows(engine)


async def test_all_errors_are_reported_at_once(create: Create, engine: AsyncEngine) -> None:
    """Each line names an option and a code of the API. Nothing is stored."""
    done = create("Nobody", "VIEWER", email="sam", name=" ")

    assert (1, "") == (done.returncode, done.stdout)
    assert [
        "crossgate: --email: Enter a valid email address. (INVALID_VALUE)",
        "--name: Can't be blank. (REQUIRED)",
        "--company: No company has the ID or the name Nobody. (NOT_FOUND)",
    ] == done.stderr.splitlines()
    assert {"app_user": [], "membership": []}.items() <= (await stored_rows(engine)).items()


async def test_ambiguous_name_needs_an_id(create: Create, factory: Factory) -> None:
    """Companies can have the same name."""
    first, _ = [await factory.company(name="Twin") for _ in range(2)]

    assert "--company: 2 companies have the name Twin. Use an ID. (NOT_FOUND)" in create("Twin", "VIEWER").stderr
    assert 0 == create(first.id, "VIEWER").returncode


async def test_failure_leaves_neither_user_nor_membership(create: Create, factory: Factory, engine: AsyncEngine) -> None:
    """User and membership are stored in one transaction."""
    company = await factory.company()
    async with engine.connect() as connection:
        await connection.execute(sa.text("ALTER TABLE membership ADD CONSTRAINT none CHECK (roles <> '{FINANCE}')"))
    before = await stored_rows(engine)
    with pytest.raises(sa.exc.IntegrityError):
        create(company.id, "FINANCE")

    assert before == await stored_rows(engine)


@pytest.mark.parametrize("line", [["user"], ["user", "create"], words("One"), words("One", "BOSS"), words("One", "")])
def test_usage_error_is_refused_before_connecting(line: list[str]) -> None:
    """A missing option and an unknown role exit with 2."""
    assert 2 == CliRunner().invoke(app, line).exit_code


def test_help_lists_the_roles() -> None:
    """Help exits with 0."""
    done = CliRunner().invoke(app, ["user", "create", "--help"], env={"COLUMNS": "240"})

    assert 0 == done.exit_code
    assert [] == [role for role in (*ORDINARY, *STAFF) if role not in done.output]


async def _printed(engine: AsyncEngine, done: CompletedCommand) -> tuple[dict[str, Any], dict[str, Any]]:
    """The user and the membership whose IDs a command printed."""
    found = PRINTED.fullmatch(done.stdout)
    assert found is not None, done
    async with engine.connect() as connection:
        user = sa.select(User.__table__).where(User.id == parse(found[1], "id", "User").key)
        membership = sa.select(Membership.__table__).where(Membership.id == parse(found[2], "id", "Membership").key)
        first, second = [(await connection.execute(query)).mappings().one() for query in (user, membership)]
    return dict(first), dict(second)


async def test_sign_out_ends_all_sessions_of_a_user_V59(
    client: Client, factory: Factory, engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    """Whatever the case of the address. Its tokens are refused with the next request, and other users stay signed in."""
    user, other = await person(factory, engine), await person(factory, engine)
    tokens = [await sign_in(client, email) for email in (user.email, user.email, other.email)]

    done = run_subprocess("user", "sign-out", user.email.upper(), data_dir=tmp_path, database_url=database_url)

    asked = [await ask(client, each["accessToken"], "{ viewer { user { id } } }") for each in tokens]
    refreshed = [(await refresh(client, each["refreshToken"]))["tokens"] is not None for each in tokens]
    assert (0, "Sessions ended: 2.\n", "") == (done.returncode, done.stdout, done.stderr)
    assert ([401, 401, 200], [False, False, True]) == ([status for status, _ in asked], refreshed)


async def test_sign_out_of_an_unknown_address_is_refused(
    factory: Factory, engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    """A typing error doesn't look like success."""
    await person(factory, engine)

    done = crossgate("user", "sign-out", "nobody@sample.example", data_dir=tmp_path, database_url=database_url)

    message = "crossgate: No user has signed up with the email address nobody@sample.example.\n"
    assert (1, "", message) == (done.returncode, done.stdout, done.stderr)
