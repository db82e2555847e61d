"""A change is decided on the facts that hold when it commits, though they change while its transaction waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models import ManagedAccount
from tests.client import Answer, Client
from tests.event_streams import Closed, opened
from tests.factory import Account, Factory, Location
from tests.pictures import picture, upload
from tests.rules.mutations import recorded_changes, stored_rows

ORDER: Final = """mutation ($input: OrderPortInput!) { orderPort(input: $input) {
  port { name monthlyRate { amount } } orderApproval { status } userErrors { code } } }"""
TWICE: Final = """mutation ($one: OrderPortInput!, $two: OrderPortInput!) {
  one: orderPort(input: $one) { port { name } userErrors { code } }
  two: orderPort(input: $two) { port { name } userErrors { code } } }"""
MARKET: Final = """mutation ($input: SetBillingMarketInput!) { setBillingMarket(input: $input) {
  billingMarket { enabled } userErrors { code } } }"""
DEFAULTS: Final = """mutation ($input: UpdatePartnerDefaultsInput!) { updatePartnerDefaults(input: $input) {
  userErrors { code field message } } }"""
WAITING: Final = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
Change = Callable[[Factory, Account], Awaitable[object]]


@pytest.fixture
def given(engine: AsyncEngine) -> Factory:
    """Makes rows in the database of the test."""
    return Factory(engine)


@pytest.fixture
async def account(given: Factory) -> Account:
    """A managed account that sees prices and orders without approval."""
    return await given.managed_account(await given.partner(), pricing=True, company={"verification_status": "VERIFIED"})


@pytest.fixture
async def location(given: Factory, account: Account) -> Location:
    """Where the account can order."""
    return await given.orderable(account.partner)


async def waits(engine: AsyncEngine, many: int = 1) -> None:
    """Returns once so many connections wait for a lock."""
    async with asyncio.timeout(30), engine.connect() as connection:
        while (await connection.execute(WAITING)).scalar_one() < many:  # noqa: ASYNC110 (PostgreSQL does not say when)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def holding(engine: AsyncEngine, table: str, key: Any) -> AsyncIterator[AsyncConnection]:
    """Somebody else's transaction, which holds a row until the block ends."""
    async with engine.connect() as other:
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.text(f"SELECT 1 FROM {table} WHERE id = :key FOR UPDATE"), {"key": key})
        yield other
        await other.execute(sa.text("COMMIT"))


async def meanwhile(engine: AsyncEngine, held: tuple[str, Any], sent: Awaitable[Any], change: Awaitable[object]) -> Any:
    """What is answered to what is sent, if it waits for a row and `change` is committed while it waits."""
    async with holding(engine, *held):
        answering = asyncio.ensure_future(sent)
        await waits(engine)
        await change
    return await answering


def order(ask: Client, account: Account, location: Location, **headers: str) -> Awaitable[Answer]:
    """The answer to an order of the account."""
    return ask.send(account.admin, ORDER, {"input": ordered(location)}, **headers)


def ordered(location: Location) -> dict[str, Any]:
    """The input of an order."""
    return {"locationId": location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12}


async def require_approval(given: Factory, account: Account) -> None:
    """The partner requires approval of this account's orders."""
    await given.setting(account, order_approval=True)


async def require_by_default(given: Factory, account: Account) -> None:
    """The partner requires approval of all orders, and had never set a default before."""
    await given.defaults(account.partner, order_approval=True)


async def hide_prices(given: Factory, account: Account) -> None:
    """The partner hides prices."""
    await given.setting(account, pricing=False)


async def remove_member(given: Factory, account: Account) -> None:
    """The member is removed."""
    await given.no_more(account.company.user.membership)


async def take_role(given: Factory, account: Account) -> None:
    """The member keeps the role of a viewer only."""
    await given.change(account.company.user.membership, roles=["VIEWER"])


@pytest.mark.parametrize("change", [require_approval, require_by_default])
async def test_approval_that_is_required_meanwhile_is_asked_for_V13(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location, change: Change
) -> None:
    """An order that waits while its partner begins to require approval becomes an approval, and no port."""
    answer = await meanwhile(engine, ("location", location.key), order(ask, account, location), change(given, account))

    payload = answer.data["orderPort"]
    assert ([], None, {"status": "PENDING"}) == (payload["userErrors"], payload["port"], payload["orderApproval"])
    assert (0, 1) == (await given.count("Port"), await given.count("OrderApproval"))


async def test_prices_that_are_hidden_meanwhile_are_not_answered_V2(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """The answer of an order has no price that was hidden while it waited."""
    sent = order(ask, account, location)

    answer = await meanwhile(engine, ("location", location.key), sent, hide_prices(given, account))

    assert {"name": "Core", "monthlyRate": None} == answer.data["orderPort"]["port"]
    assert ["HIDDEN_BY_PARTNER"] == [each.reason for each in answer.redactions]


async def test_a_member_that_is_removed_meanwhile_changes_nothing(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """The answer is that of a token without a membership."""
    sent = order(ask, account, location)

    answer = await meanwhile(engine, ("location", location.key), sent, remove_member(given, account))
    later = await order(ask, account, location)

    assert (401, ["UNAUTHENTICATED"], 0) == (answer.status, answer.codes, await given.count("Port"))
    assert (later.status, later.errors[0]["message"]) == (answer.status, answer.errors[0]["message"])


async def test_a_role_that_is_taken_meanwhile_gives_no_right(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """Whatever the member may no more do is refused."""
    sent = order(ask, account, location)

    answer = await meanwhile(engine, ("location", location.key), sent, take_role(given, account))

    assert [{"code": "FORBIDDEN"}] == answer.data["orderPort"]["userErrors"]
    assert 0 == await given.count("Port")


async def test_a_refusal_is_decided_on_present_facts_too(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """A member that was removed is not told what is wrong with its input."""
    wrong = {"input": {**ordered(location), "speedMbps": 7}}
    sent = ask.send(account.admin, ORDER, wrong)

    answer = await meanwhile(engine, ("location", location.key), sent, remove_member(given, account))

    assert (401, ["UNAUTHENTICATED"]) == (answer.status, answer.codes)


@pytest.mark.parametrize("committed", [True, False])
async def test_a_setting_that_is_being_saved_is_waited_for_V13(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location, committed: bool
) -> None:
    """A change by which a row of the facts is locked is waited for: it counts if it commits, and does not if it is undone."""
    async with engine.connect() as other:
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.update(ManagedAccount).where(ManagedAccount.id == account.key).values(order_approval=True))
        ordering = asyncio.ensure_future(order(ask, account, location))
        await waits(engine)
        await other.execute(sa.text("COMMIT" if committed else "ROLLBACK"))
        answer = await ordering

    payload = answer.data["orderPort"]
    assert (committed, []) == (payload["port"] is None, payload["userErrors"])
    assert (not committed, committed) == (bool(await given.count("Port")), bool(await given.count("OrderApproval")))


UNCOMMITTED: Final = {
    "the member's roles": "UPDATE membership SET roles = ARRAY['NETWORK_ADMIN'] WHERE company_id = '{company}'",
    "the member": "UPDATE membership SET created_at = now() WHERE company_id = '{company}'",
    "the account's settings": "UPDATE managed_account SET pricing = false WHERE company_id = '{company}'",
    "the partner's defaults": "UPDATE partner_defaults SET dashboard = true WHERE partner_id = '{partner}'",
    "a market that the partner leaves": "UPDATE billing_market SET enabled = false WHERE company_id = '{partner}'",
    "a market that is deleted": "DELETE FROM billing_market WHERE company_id = '{partner}'",
}
RENAME: Final = "mutation ($input: UpdatePortInput!) { updatePort(input: $input) { port { name } userErrors { code } } }"


@pytest.mark.parametrize("fact", UNCOMMITTED)
async def test_no_fact_changes_between_its_comparison_and_the_commit_V2_V12_V13(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location, fact: str
) -> None:
    """While somebody changes a fact and has not committed, a change that was decided on it waits, whatever it is."""
    await given.defaults(account.partner)
    theirs = await given.port(account.company, location)
    renamed = {"input": {"id": theirs.id, "version": 1, "name": "New"}}
    async with engine.connect() as other:
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.text(UNCOMMITTED[fact].format(company=account.company.key, partner=account.partner.key)))
        renaming = asyncio.ensure_future(ask.send(account.admin, RENAME, renamed))
        await waits(engine)
        assert not renaming.done()
        await other.execute(sa.text("COMMIT"))
        answer = await renaming

    assert {"port": {"name": "New"}, "userErrors": []} == answer.data["updatePort"]


async def test_a_default_that_is_set_for_the_first_time_is_waited_for_V13(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """A partner that sets its first default is about to commit: there is no row to lock yet, and an order waits all the same."""
    require = {"input": {"version": 0, "orderApproval": True}}
    async with engine.connect() as other:
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.text("LOCK TABLE partner_defaults IN SHARE MODE"))  # rows can be read and locked, not added
        setting = asyncio.ensure_future(ask.send(account.partner.admin, DEFAULTS, require))
        await waits(engine)
        ordering = asyncio.ensure_future(order(ask, account, location))
        await waits(engine, 2)
        await other.execute(sa.text("COMMIT"))
        was_set, answer = await setting, await ordering

    assert [] == was_set.data["updatePartnerDefaults"]["userErrors"]
    assert {"status": "PENDING"} == answer.data["orderPort"]["orderApproval"]
    assert 0 == await given.count("Port")


async def test_colleagues_who_change_the_same_fact_at_once_all_succeed(ask: Client, given: Factory) -> None:
    """Whoever changes what its own right stands on waits for the others, and is not refused."""
    company = await given.company()
    colleagues = [company.admin, *[(await given.user(company)).email for _ in range(3)]]

    answers = await asyncio.gather(*[ask(each, MARKET, input={"market": "DE", "enabled": True}) for each in colleagues])

    assert [[]] * 4 == [answer.data["setBillingMarket"]["userErrors"] for answer in answers]


async def test_settings_wait_for_nobody_who_orders(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """While orders wait for something else, the partner's settings and the removal of the member go through at once."""
    async with holding(engine, "location", location.key):
        ordering = [asyncio.ensure_future(order(ask, account, location)) for _ in range(3)]
        await waits(engine, 3)
        async with asyncio.timeout(30):
            await require_approval(given, account)
            await remove_member(given, account)
    answers = await asyncio.gather(*ordering)

    assert [401] * 3 == [answer.status for answer in answers]


async def test_what_is_done_before_the_viewer_goes_is_told(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """Of two orders in one operation the first was made: the answer names the second, and is no refusal of the whole."""
    elsewhere = await given.location()
    await given.price(elsewhere)
    variables = {"one": ordered(location), "two": ordered(elsewhere)}
    sent = ask.send(account.admin, TWICE, variables)

    answer = await meanwhile(engine, ("location", elsewhere.key), sent, remove_member(given, account))

    assert (200, ["UNAUTHENTICATED"], ["two"]) == (answer.status, answer.codes, answer.errors[0]["path"])
    assert 1 == await given.count("Port")


async def test_a_socket_ends_with_its_viewer(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """An order over a socket that waits while its member is removed is not made, and the socket is closed as it would not open."""
    async with opened(ask.app) as socket:
        await socket.send(
            {"type": "connection_init", "payload": {"Authorization": f"Bearer {await ask._token(account.admin)}"}}
        )
        await socket.receive()
        order = {"query": ORDER, "variables": {"input": ordered(location)}}
        async with holding(engine, "location", location.key):
            await socket.send({"type": "subscribe", "id": "1", "payload": order})
            await waits(engine)
            await remove_member(given, account)
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert (4403, "The account of this token is no longer there.") == (closed.value.code, closed.value.reason)
    assert 0 == await given.count("Port")


async def test_a_key_is_not_spent_on_rights_of_before(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """Two orders under one Idempotency-Key, between which approval is required, are one order that waits for approval (V13)."""
    async with holding(engine, "location", location.key):
        ordering = [asyncio.ensure_future(order(ask, account, location, **{"Idempotency-Key": "k"})) for _ in range(2)]
        await waits(engine, 2)
        await require_approval(given, account)
    answers = await asyncio.gather(*ordering)

    assert [{"status": "PENDING"}] * 2 == [answer.data["orderPort"]["orderApproval"] for answer in answers]
    assert (0, 1) == (await given.count("Port"), await given.count("OrderApproval"))


async def test_a_change_of_ones_own_facts_is_no_conflict(ask: Client, given: Factory) -> None:
    """A company that enables a billing market changes what its viewers are; that is done once and at once (A19)."""
    company = await given.company()

    answers = [await ask(company.admin, MARKET, input={"market": "DE", "enabled": enabled}) for enabled in (True, False, True)]

    assert [(True, []), (False, []), (True, [])] == [
        (answer.data["setBillingMarket"]["billingMarket"]["enabled"], answer.data["setBillingMarket"]["userErrors"])
        for answer in answers
    ]


async def test_the_trail_names_what_was_done_once(
    ask: Client, given: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """A try that was given up leaves nothing in the trail."""
    sent = order(ask, account, location)

    await meanwhile(engine, ("location", location.key), sent, require_approval(given, account))

    assert [("orderPort", "order_approval")] == [(action, table) for action, table, _ in await recorded_changes(engine)]


@pytest.mark.parametrize(("change", "status", "code"), [(remove_member, 401, "UNAUTHENTICATED"), (take_role, 403, "FORBIDDEN")])
async def test_an_upload_is_decided_where_it_is_stored(
    ask: Client, given: Factory, engine: AsyncEngine, change: Change, status: int, code: str
) -> None:
    """A picture that waits to be stored is not stored for whoever may no more upload it."""
    partner = await given.partner()
    account = Account("ManagedAccount", partner.key, partner.name, partner, partner)  # whose member is changed
    before = await stored_rows(engine)

    response = await meanwhile(
        engine, ("company", partner.key), upload(ask, partner.admin, picture("PNG")), change(given, account)
    )

    assert (status, code) == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert before["image"] == (await stored_rows(engine))["image"]
