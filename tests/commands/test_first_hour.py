"""The operator's first hour: four commands turn an empty database into a market that takes orders."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.commands.market_files import LOCATION, PRICE, text_of, write
from tests.commands.process import crossgate
from tests.rules.mutations import recorded_changes, send, user_error

ORDER: Final = "port { status company { id } location { name } monthlyRate { amount currency } }"
REVIEWER: Final = "reviewer@hollowgate.example"
CUSTOMER: Final = "admin@customer.example"
NEWCOMER: Final = "admin@newcomer.example"


class Operator:
    """Runs commands on a database. Each must succeed without a word on standard error."""

    def __init__(self, data_dir: Path, url: str) -> None:
        self._place: dict[str, Any] = {"data_dir": data_dir, "database_url": url}

    def __call__(self, *arguments: str) -> str:
        """Run a command and return what it prints."""
        done = crossgate(*arguments, **self._place)
        assert (0, "") == (done.returncode, done.stderr), arguments
        return done.stdout.removesuffix("\n")

    def company(self, kind: str, name: str, *more: str) -> str:
        """Create a company and return its ID."""
        names = ("--trading-name", name, "--legal-name", name)
        return self("company", "create", "--kind", kind, "--country", "DE", *names, "--registration-number", name, *more)

    def user(self, company: str, email: str, *more: str) -> None:
        """Create a company's first user."""
        person = ("--email", email, "--name", "Sam Sample", "--role", "ACCOUNT_ADMIN")
        self("user", "create", "--company", company, *person, *more)


async def test_commands_turn_an_empty_database_into_a_market_R403_R404_R429_R431(
    client: Client, engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    """The first user of a verified company enables its market, finds a location and orders a port at the imported price."""
    operator = Operator(tmp_path, database_url)
    operator.user(operator.company("OPERATOR", "Hollowgate", "--verified"), REVIEWER, "--role", "REVIEWER")
    planned = {**LOCATION, "name": "Planned", "status": "NEW"}
    operator("locations", "import", write(tmp_path, text_of(LOCATION, planned)))
    operator("prices", "import", write(tmp_path, text_of(PRICE, {**PRICE, "location": "Planned"})))
    customer = operator.company("DIRECT", "Customer", "--verified")
    operator.user(customer, CUSTOMER)
    operator.user(operator.company("DIRECT", "Newcomer"), NEWCOMER)

    for viewer in (CUSTOMER, NEWCOMER):
        enabled = await send(client, viewer, "setBillingMarket", "billingMarket { enabled }", market="DE", enabled=True)
        assert {"billingMarket": {"enabled": True}, "userErrors": []} == enabled
    open_to, planned_to = await _locations(client)
    order = {"name": "Core", "speedMbps": 1000, "termMonths": 12}
    port = {
        "status": "REQUESTED",
        "company": {"id": customer},
        "location": {"name": LOCATION["name"]},
        "monthlyRate": {"amount": "300.00", "currency": "EUR"},
    }
    assert {"port": port, "userErrors": []} == await send(client, CUSTOMER, "orderPort", ORDER, **order, locationId=open_to)
    assert {"port": None, "userErrors": [user_error("LOCATION_NOT_ORDERABLE", "locationId")]} == await send(
        client, CUSTOMER, "orderPort", ORDER, **order, locationId=planned_to
    )
    assert {"port": None, "userErrors": [user_error("COMPANY_NOT_VERIFIED")]} == await send(
        client, NEWCOMER, "orderPort", ORDER, **order, locationId=open_to
    )
    reviewed = await client(REVIEWER, "{ ports { nodes { company { id } } } companies { totalCount } }")
    assert {"ports": {"nodes": [{"company": {"id": customer}}]}, "companies": {"totalCount": 3}} == reviewed.data
    commands = {action for action, *_ in await recorded_changes(engine) if action.startswith("crossgate ")}
    assert {f"crossgate {name}" for name in ("company create", "user create", "locations import", "prices import")} == commands


async def test_created_partner_manages_accounts_R403_V15(client: Client, database_url: str, tmp_path: Path) -> None:
    """Its first user creates an account with a company of its own."""
    operator = Operator(tmp_path, database_url)
    partner = operator.company("PARTNER", "Partner", "--type", "XAAS", "--verified")
    operator.user(partner, CUSTOMER)
    company = {"tradingName": "Alpine", "legalName": "Alpine AG", "country": "CH"}
    account = {"accountName": "Branch", "supportedBy": "PARTNER", "company": company}
    made = await send(client, CUSTOMER, "createManagedAccount", "managedAccount { accountName partner { id } }", **account)

    assert {"managedAccount": {"accountName": "Branch", "partner": {"id": partner}}, "userErrors": []} == made


async def _locations(client: Client) -> tuple[str, str]:
    """The IDs of the two locations, in the order of the file."""
    answer = await client(CUSTOMER, "{ locations { nodes { id name } } }")
    ids = {node["name"]: node["id"] for node in answer.data["locations"]["nodes"]}
    return ids[LOCATION["name"]], ids["Planned"]
