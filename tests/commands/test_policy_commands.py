"""`crossgate policy explain` and `crossgate policy show` print the rules for a viewer and their effect."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Company, Membership, Port, User
from resolvers.values.identifiers import Identifier
from tests.client import HIDDEN
from tests.commands.process import crossgate, run_subprocess

OWN_COMPANIES = sa.select(Membership.company_id).join(User, User.id == Membership.user_id).where(User.email == HIDDEN)


async def port(engine: AsyncEngine, *, own: bool) -> str:
    """The id of a port of the hidden viewer's company, or of another one."""
    owned = Company.id.in_(OWN_COMPANIES) if own else Company.id.not_in(OWN_COMPANIES)
    query = sa.select(Port.id).join(Company, Company.id == Port.company_id).where(owned).limit(1)
    async with engine.connect() as connection:
        return str(Identifier("Port", (await connection.execute(query)).scalar_one()))


def test_rules_of_a_shape_are_explained(tmp_path: Path) -> None:
    """Each rule is printed with its location, comment, reason and conditions. No database is needed."""
    done = run_subprocess("policy", "explain", "Port", "monthlyRate", "--as", "MANAGED+FINANCE", data_dir=tmp_path)

    blocks = done.stdout.split("\nDENY  ")
    assert (0, "") == (done.returncode, done.stderr)
    assert "ALLOW port.polar:4  where company_id = viewer.company_id" == done.stdout.splitlines()[0]
    assert [
        "port.polar:24  always  HIDDEN_BY_PARTNER",
        "      # Prices are hidden from a managed account until its partner shows them, whatever the user's roles. R121 R122 V23",
        '      field in ["monthly_rate", "setup_fee"]: always',
        "      prices_hidden(viewer)  (viewer.polar:53): always",
    ] == blocks[1].splitlines()


async def test_verdict_on_a_row_is_printed_first(demo_engine: AsyncEngine, demo_url: str, tmp_path: Path) -> None:
    """With a viewer and an id, the verdict comes first, then how each rule applies to the row."""
    own, other = await port(demo_engine, own=True), await port(demo_engine, own=False)
    command = ("policy", "explain", "Port", "name", "--viewer", HIDDEN, "--id")

    allowed, refused = (crossgate(*command, row, data_dir=tmp_path, database_url=demo_url) for row in (own, other))

    assert ["allowed, for MANAGED", "ALLOW port.polar:4  true, where company_id = viewer.company_id"] == [
        line.partition("+")[0] for line in allowed.stdout.splitlines()[:2]
    ]
    assert ["refused: NOT_YOURS, for MANAGED", "ALLOW port.polar:4  false, where company_id = viewer.company_id"] == [
        line.partition("+")[0] for line in refused.stdout.splitlines()[:2]
    ]


def test_effect_of_the_policy_is_shown(tmp_path: Path) -> None:
    """A type's rows, their SQL statement, and each field: always, never with a reason, or under a condition."""
    done = crossgate("policy", "show", "BillingMarket", "--as", "OPERATOR+REVIEWER", data_dir=tmp_path)
    ports = crossgate("policy", "show", "Port", "--as", "MANAGED+FINANCE", data_dir=tmp_path)
    companies = crossgate("policy", "show", "Company", "--as", "DIRECT", data_dir=tmp_path)

    assert [
        "BillingMarket for OPERATOR+REVIEWER",
        "rows: ALWAYS",
        "SQL: SELECT t.id FROM billing_market AS t WHERE true",
        "  currency  ALWAYS",
    ] == done.stdout.splitlines()[:4]
    assert "  monthly_rate             NEVER (HIDDEN_BY_PARTNER)" in ports.stdout.splitlines()
    assert "  account_kind               id = viewer.company_id (else NOT_YOURS)" in companies.stdout.splitlines()


def test_shape_of_a_user_is_looked_up(demo_url: str, tmp_path: Path) -> None:
    """A user's email address can be used instead of a shape."""
    done = crossgate("policy", "show", "Port", "--as", HIDDEN, data_dir=tmp_path, database_url=demo_url)

    assert done.stdout.startswith("Port for MANAGED+")


def test_invalid_arguments_are_refused(demo_url: str, tmp_path: Path) -> None:
    """Each refusal says what is possible."""
    refusals = {
        ("explain", "Port", "price", "--as", "DIRECT"): "Port has no field price in the policy. Its fields: activatedAt, ",
        ("explain", "Port", "--as", "DIRECT", "--action", "sell"): "Can't explain sell: the actions of Port are ",
        ("explain", "Port"): "Name a viewer: use `--as SHAPE`, or `--viewer EMAIL` with `--id GLOBAL_ID`.",
        ("explain", "Port", "--as", "KING"): "Unknown term KING in KING. Write a kind (",
        ("explain", "Port", "--viewer", HIDDEN, "--id", "nobody"): "nobody isn't the ID of a Port.",
        ("show", "Nothing", "--as", "DIRECT"): "Unknown entity Nothing. Known entities: ",
        ("show", "Port", "--as", "nobody@else.example"): "No user has the email address nobody@else.example.",
    }

    for arguments, refusal in refusals.items():
        done = crossgate("policy", *arguments, data_dir=tmp_path, database_url=demo_url)
        assert (1, "") == (done.returncode, done.stdout)
        assert done.stderr.startswith(f"crossgate: {refusal}")
