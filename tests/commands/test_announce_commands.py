"""`crossgate maintenance announce` and `crossgate security announce`: recipients, dry runs and usage errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from commands.__main__ import app
from tests.commands.process import crossgate, run_subprocess
from tests.expected_notifications import Announcer
from tests.factory import Factory

MAINTENANCE = ("maintenance", "announce", "--title", "New switches", "--body", "We replace them.")
SECURITY = ("security", "announce", "--title", "Passwords", "--body", "Change them.")


@pytest.fixture
def factory(engine: AsyncEngine) -> Factory:
    """Creates rows in the database."""
    return Factory(engine)


@pytest.fixture
def announcer(engine: AsyncEngine) -> Announcer:
    """Reads the outbox."""
    return Announcer(engine)


async def test_maintenance_is_announced_by_name_id_or_market(
    factory: Factory, announcer: Announcer, data_dir: Path, database_url: str
) -> None:
    """A dry run lists the companies and notifies nobody. The announcement gives its times in UTC."""
    partner = await factory.partner("Partner One")
    account = await factory.managed_account(partner, name="Account One")
    direct = await factory.company(name="Direct One")
    location = await factory.location("Harbour", market="NL")
    for company in (account.company, direct):
        await factory.port(company, location)

    def run(*options: str) -> tuple[int, str, str]:
        done = crossgate(*MAINTENANCE, *options, data_dir=data_dir, database_url=database_url)
        return done.returncode, done.stdout, done.stderr

    dry = [
        run(*scope, "--dry-run")
        for scope in (["--location", "Harbour"], ["--location", location.id], ["--market", "NL"], ["--all"])
    ]
    sent_by_dry_runs = await announcer.mails()
    announced = run("--location", str(location.key), "--starts", "2026-12-01T22:00+01:00", "--ends", "2026-12-02T02:00")

    assert [(0, "Would notify 2 companies:\nDirect One\nPartner One, for Account One\n", "")] * 4 == dry
    assert [] == sent_by_dry_runs
    assert (0, "Notified 2 companies: 2 people.\n", "") == announced
    body = "We replace them.\n\nFrom 2026-12-01 21:00 UTC to 2026-12-02 02:00 UTC."
    listed = "\n\nThis affects these accounts that you manage. We don't notify them, so please do:\n- Account One"
    title = "Maintenance: New switches"
    assert [(direct.admin, title, body), (partner.admin, title, body + listed)] == await announcer.mails()


async def test_security_is_announced_to_users_a_company_or_all(
    factory: Factory, announcer: Announcer, data_dir: Path, database_url: str
) -> None:
    """A dry run lists the addresses. If one address is unknown, nobody is notified."""
    company, other = await factory.company(name="One"), await factory.company()

    def run(*options: str) -> tuple[int, str, str]:
        done = crossgate(*SECURITY, *options, data_dir=data_dir, database_url=database_url)
        return done.returncode, done.stdout, done.stderr

    unknown = run("--user", company.admin, "--user", "nobody@sample.example")
    dry = [run(*recipients, "--dry-run") for recipients in (["--company", "One"], ["--company", company.id], ["--all"])]
    before = await announcer.mails()
    announced = run("--user", company.admin, "--user", other.admin)

    one, both = company.admin, "\n".join(sorted([company.admin, other.admin]))
    missing = "crossgate: No user has the email address nobody@sample.example. Nobody was notified.\n"
    assert (1, "", missing) == unknown
    assert [(0, f"Would notify 1 people:\n{one}\n", "")] * 2 + [(0, f"Would notify 2 people:\n{both}\n", "")] == dry
    assert [] == before
    assert (0, "Notified 2 people.\n", "") == announced
    assert {company.admin, other.admin} == {address for address, _, _ in await announcer.mails()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*MAINTENANCE, "--location", "Nowhere"), "Found no location Nowhere."),
        ((*MAINTENANCE, "--market", "ZZ"), "No location is in market ZZ. Use a market code such as UK."),
        ((*SECURITY, "--company", "Nobody"), "Found no company Nobody."),
    ],
)
def test_unknown_target_is_named(arguments: tuple[str, ...], message: str, data_dir: Path, database_url: str) -> None:
    """The command exits with 1 and names what it didn't find."""
    done = run_subprocess(*arguments, data_dir=data_dir, database_url=database_url)

    assert (1, "", f"crossgate: {message}\n") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        MAINTENANCE,
        (*MAINTENANCE, "--all", "--market", "NL"),
        (*MAINTENANCE, "--all", "--starts", "tomorrow"),
        (*MAINTENANCE, "--all", "--starts", "2026-12-02T00:00", "--ends", "2026-12-01T00:00"),
        SECURITY,
        (*SECURITY, "--all", "--company", "One"),
        ("maintenance", "announce", "--all"),
    ],
)
def test_usage_error_is_refused_before_connecting(arguments: tuple[str, ...]) -> None:
    """Invalid options exit with 2 before anything is opened."""
    done = CliRunner().invoke(app, list(arguments))

    assert (2, "") == (done.exit_code, done.stdout)
