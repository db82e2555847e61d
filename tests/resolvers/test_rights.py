"""Rights of a change: it is decided on the facts at its commit, even if they change while it waits."""

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
def factory(engine: AsyncEngine) -> Factory:
    """Return a factory that adds rows to the test database."""
    return Factory(engine)


@pytest.fixture
async def account(factory: Factory) -> Account:
    """Create a managed account that sees prices and orders without approval."""
    return await factory.managed_account(await factory.partner(), pricing=True, company={"verification_status": "VERIFIED"})


@pytest.fixture
async def location(factory: Factory, account: Account) -> Location:
    """Create a location where the account can order."""
    return await factory.orderable(account.partner)


async def wait_for_lock(engine: AsyncEngine, many: int = 1) -> None:
    """Wait until `many` connections wait for a lock."""
    async with asyncio.timeout(30), engine.connect() as connection:
        while (await connection.execute(WAITING)).scalar_one() < many:  # noqa: ASYNC110 (PostgreSQL has no signal for it)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def lock_row(engine: AsyncEngine, table: str, key: Any) -> AsyncIterator[AsyncConnection]:
    """Lock a row in another session's transaction until the block ends."""
    async with engine.connect() as other:
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.text(f"SELECT 1 FROM {table} WHERE id = :key FOR UPDATE"), {"key": key})
        yield other
        await other.execute(sa.text("COMMIT"))


async def change_while_waiting(
    engine: AsyncEngine, held: tuple[str, Any], sent: Awaitable[Any], change: Awaitable[object]
) -> Any:
    """Send a request that waits for a locked row, commit `change` in the meantime, and return the response."""
    async with lock_row(engine, *held):
        response_task = asyncio.ensure_future(sent)
        await wait_for_lock(engine)
        await change
    return await response_task


def order(client: Client, account: Account, location: Location, **headers: str) -> Awaitable[Answer]:
    """Send an order of the account."""
    return client.send(account.admin, ORDER, {"input": order_input(location)}, **headers)


def order_input(location: Location) -> dict[str, Any]:
    """Return the input of an order."""
    return {"locationId": location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12}


async def require_approval(factory: Factory, account: Account) -> None:
    """Let the partner require approval of this account's orders."""
    await factory.setting(account, order_approval=True)


async def require_by_default(factory: Factory, account: Account) -> None:
    """Let the partner require approval by default, for the first time."""
    await factory.defaults(account.partner, order_approval=True)


async def hide_prices(factory: Factory, account: Account) -> None:
    """Let the partner hide prices."""
    await factory.setting(account, pricing=False)


async def remove_member(factory: Factory, account: Account) -> None:
    """Remove the member."""
    await factory.delete(account.company.user.membership)


async def take_role(factory: Factory, account: Account) -> None:
    """Reduce the member to the role VIEWER."""
    await factory.change(account.company.user.membership, roles=["VIEWER"])


@pytest.mark.parametrize("change", [require_approval, require_by_default])
async def test_approval_required_while_waiting_applies_V13(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location, change: Change
) -> None:
    """An order that waits while its partner starts to require approval becomes an order approval, not a port."""
    answer = await change_while_waiting(
        engine, ("location", location.key), order(client, account, location), change(factory, account)
    )

    payload = answer.data["orderPort"]
    assert ([], None, {"status": "PENDING"}) == (payload["userErrors"], payload["port"], payload["orderApproval"])
    assert (0, 1) == (await factory.count("Port"), await factory.count("OrderApproval"))


async def test_prices_hidden_while_waiting_are_not_returned_V2(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """The response to an order has no price that was hidden while it waited."""
    sent = order(client, account, location)

    answer = await change_while_waiting(engine, ("location", location.key), sent, hide_prices(factory, account))

    assert {"name": "Core", "monthlyRate": None} == answer.data["orderPort"]["port"]
    assert ["HIDDEN_BY_PARTNER"] == [each.reason for each in answer.redactions]


async def test_member_removed_while_waiting_changes_nothing(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """The response is that of a token without a membership."""
    sent = order(client, account, location)

    answer = await change_while_waiting(engine, ("location", location.key), sent, remove_member(factory, account))
    later = await order(client, account, location)

    assert (401, ["UNAUTHENTICATED"], 0) == (answer.status, answer.codes, await factory.count("Port"))
    assert (later.status, later.errors[0]["message"]) == (answer.status, answer.errors[0]["message"])


async def test_role_removed_while_waiting_gives_no_right(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """Actions that the member can no longer take are refused."""
    sent = order(client, account, location)

    answer = await change_while_waiting(engine, ("location", location.key), sent, take_role(factory, account))

    assert [{"code": "FORBIDDEN"}] == answer.data["orderPort"]["userErrors"]
    assert 0 == await factory.count("Port")


async def test_refusal_uses_current_facts(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """A removed member gets no user errors about its input."""
    wrong = {"input": {**order_input(location), "speedMbps": 7}}
    sent = client.send(account.admin, ORDER, wrong)

    answer = await change_while_waiting(engine, ("location", location.key), sent, remove_member(factory, account))

    assert (401, ["UNAUTHENTICATED"]) == (answer.status, answer.codes)


@pytest.mark.parametrize("committed", [True, False])
async def test_order_waits_for_a_setting_being_saved_V13(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location, committed: bool
) -> None:
    """An order waits for a transaction that locks a row of its facts: it counts if it commits, and not if it rolls back."""
    async with engine.connect() as other:
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.update(ManagedAccount).where(ManagedAccount.id == account.key).values(order_approval=True))
        ordering = asyncio.ensure_future(order(client, account, location))
        await wait_for_lock(engine)
        await other.execute(sa.text("COMMIT" if committed else "ROLLBACK"))
        answer = await ordering

    payload = answer.data["orderPort"]
    assert (committed, []) == (payload["port"] is None, payload["userErrors"])
    assert (not committed, committed) == (bool(await factory.count("Port")), bool(await factory.count("OrderApproval")))


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
async def test_facts_stay_as_compared_until_the_commit_V2_V12_V13(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location, fact: str
) -> None:
    """A change that was decided on a fact waits while another transaction changes that fact."""
    await factory.defaults(account.partner)
    theirs = await factory.port(account.company, location)
    renamed = {"input": {"id": theirs.id, "version": 1, "name": "New"}}
    async with engine.connect() as other:
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.text(UNCOMMITTED[fact].format(company=account.company.key, partner=account.partner.key)))
        renaming = asyncio.ensure_future(client.send(account.admin, RENAME, renamed))
        await wait_for_lock(engine)
        assert not renaming.done()
        await other.execute(sa.text("COMMIT"))
        answer = await renaming

    assert {"port": {"name": "New"}, "userErrors": []} == answer.data["updatePort"]


async def test_order_waits_for_the_first_defaults_of_a_partner_V13(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """A partner is about to commit its first default. There is no row to lock yet, and an order waits all the same."""
    require = {"input": {"version": 0, "orderApproval": True}}
    async with engine.connect() as other:
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.text("LOCK TABLE partner_defaults IN SHARE MODE"))  # rows can be read and locked, not added
        setting = asyncio.ensure_future(client.send(account.partner.admin, DEFAULTS, require))
        await wait_for_lock(engine)
        ordering = asyncio.ensure_future(order(client, account, location))
        await wait_for_lock(engine, 2)
        await other.execute(sa.text("COMMIT"))
        was_set, answer = await setting, await ordering

    assert [] == was_set.data["updatePartnerDefaults"]["userErrors"]
    assert {"status": "PENDING"} == answer.data["orderPort"]["orderApproval"]
    assert 0 == await factory.count("Port")


async def test_concurrent_changes_of_one_market_all_succeed(client: Client, factory: Factory) -> None:
    """Changes of the same market wait for one another, and all succeed."""
    company = await factory.company()
    colleagues = [company.admin, *[(await factory.user(company)).email for _ in range(3)]]

    answers = await asyncio.gather(*[client(each, MARKET, input={"market": "DE", "enabled": True}) for each in colleagues])

    assert [[]] * 4 == [answer.data["setBillingMarket"]["userErrors"] for answer in answers]


async def test_settings_never_wait_for_orders(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """While orders wait for another lock, changes of the partner's settings and the removal of the member run immediately."""
    async with lock_row(engine, "location", location.key):
        ordering = [asyncio.ensure_future(order(client, account, location)) for _ in range(3)]
        await wait_for_lock(engine, 3)
        async with asyncio.timeout(30):
            await require_approval(factory, account)
            await remove_member(factory, account)
    answers = await asyncio.gather(*ordering)

    assert [401] * 3 == [answer.status for answer in answers]


async def test_mutation_before_removal_is_reported(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """If the first of two orders in an operation succeeded, the response has it, with an error for the second."""
    elsewhere = await factory.location()
    await factory.price(elsewhere)
    variables = {"one": order_input(location), "two": order_input(elsewhere)}
    sent = client.send(account.admin, TWICE, variables)

    answer = await change_while_waiting(engine, ("location", elsewhere.key), sent, remove_member(factory, account))

    assert (200, ["UNAUTHENTICATED"], ["two"]) == (answer.status, answer.codes, answer.errors[0]["path"])
    assert 1 == await factory.count("Port")


async def test_socket_closes_when_its_viewer_is_removed(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """An order over a WebSocket whose member is removed while it waits is not placed, and the socket closes."""
    async with opened(client.app) as socket:
        await socket.send(
            {"type": "connection_init", "payload": {"Authorization": f"Bearer {await client._token(account.admin)}"}}
        )
        await socket.receive()
        order = {"query": ORDER, "variables": {"input": order_input(location)}}
        async with lock_row(engine, "location", location.key):
            await socket.send({"type": "subscribe", "id": "1", "payload": order})
            await wait_for_lock(engine)
            await remove_member(factory, account)
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert (4403, "The account of this token no longer exists.") == (closed.value.code, closed.value.reason)
    assert 0 == await factory.count("Port")


async def test_retry_after_changed_rights_uses_the_key_once(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """Two orders with one Idempotency-Key, with approval required in between, are one order that waits for approval (V13)."""
    async with lock_row(engine, "location", location.key):
        ordering = [asyncio.ensure_future(order(client, account, location, **{"Idempotency-Key": "k"})) for _ in range(2)]
        await wait_for_lock(engine, 2)
        await require_approval(factory, account)
    answers = await asyncio.gather(*ordering)

    assert [{"status": "PENDING"}] * 2 == [answer.data["orderPort"]["orderApproval"] for answer in answers]
    assert (0, 1) == (await factory.count("Port"), await factory.count("OrderApproval"))


LEAVE: Final = "mutation ($id: ID!) { done: removeMember(input: {id: $id}) { userErrors { code } } }"
DEMOTE: Final = """mutation ($id: ID!) { done: updateMember(input: {id: $id, roles: [VIEWER]}) { userErrors { code } } }"""
ADMINISTRATORS: Final = sa.text("SELECT count(*) FROM membership WHERE company_id = :company AND 'ACCOUNT_ADMIN' = ANY(roles)")


@pytest.mark.parametrize("mutation", [LEAVE, DEMOTE])
@pytest.mark.parametrize("acts", ["on each other", "on itself", "a partner and its account"])
async def test_administrator_stays_whoever_changes_members_at_once_V10_V50(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, mutation: str, acts: str
) -> None:
    """Two changes that would together remove both administrators wait for each other; the second is refused."""
    first, second = account.company.user, await factory.user(account.company)
    pairs = {
        "on each other": ((first.email, second), (second.email, first)),
        "on itself": ((first.email, first), (second.email, second)),
        "a partner and its account": ((account.partner.admin, first), (second.email, second)),
    }[acts]
    async with engine.connect() as other:
        await other.execute(sa.text("BEGIN"))
        key = {"key": f"administrators:{account.company.key}"}
        await other.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
        sent = [asyncio.ensure_future(client.send(email, mutation, {"id": each.membership.id})) for email, each in pairs]
        await wait_for_lock(engine, 2)
        await other.execute(sa.text("COMMIT"))
        answers = await asyncio.gather(*sent)
        left = (await other.execute(ADMINISTRATORS, {"company": account.company.key})).scalar_one()

    codes = [error["code"] for answer in answers for error in (answer.data["done"]["userErrors"] if answer.data else [])] + [
        code for answer in answers for code in answer.codes
    ]
    expected = {"on each other": {"UNAUTHENTICATED"} if mutation == LEAVE else {"FORBIDDEN"}}.get(acts, {"LAST_ADMIN"})
    assert (1, 1, expected) == (left, len(codes), set(codes))


async def test_many_administrators_at_once_leave_one_V10_V50(client: Client, factory: Factory, engine: AsyncEngine) -> None:
    """Six administrators leave at the same time; the last one stays."""
    company = await factory.company()
    users = [company.user, *[await factory.user(company) for _ in range(5)]]

    answers = await asyncio.gather(*[client(user.email, LEAVE, id=user.membership.id) for user in users])

    codes = [error["code"] for answer in answers for error in answer.data["done"]["userErrors"]]
    async with engine.connect() as connection:
        left = (await connection.execute(ADMINISTRATORS, {"company": company.key})).scalar_one()
    assert (["LAST_ADMIN"], 1) == (codes, left)


async def test_changing_own_facts_is_no_conflict(client: Client, factory: Factory) -> None:
    """Enabling a billing market changes the company's own viewers; it runs once, without a retry (A19)."""
    company = await factory.company()

    answers = [
        await client(company.admin, MARKET, input={"market": "DE", "enabled": enabled}) for enabled in (True, False, True)
    ]

    assert [(True, []), (False, []), (True, [])] == [
        (answer.data["setBillingMarket"]["billingMarket"]["enabled"], answer.data["setBillingMarket"]["userErrors"])
        for answer in answers
    ]


async def test_failed_attempts_leave_no_audit_events(
    client: Client, factory: Factory, engine: AsyncEngine, account: Account, location: Location
) -> None:
    """An attempt that was rolled back leaves nothing in the audit log."""
    sent = order(client, account, location)

    await change_while_waiting(engine, ("location", location.key), sent, require_approval(factory, account))

    assert [("orderPort", "order_approval")] == [(action, table) for action, table, _ in await recorded_changes(engine)]


@pytest.mark.parametrize(("change", "status", "code"), [(remove_member, 401, "UNAUTHENTICATED"), (take_role, 403, "FORBIDDEN")])
async def test_upload_rights_are_checked_when_it_is_stored(
    client: Client, factory: Factory, engine: AsyncEngine, change: Change, status: int, code: str
) -> None:
    """An image that waits to be stored is not stored if the viewer lost the right to upload."""
    partner = await factory.partner()
    account = Account("ManagedAccount", partner.key, partner.name, partner, partner)  # the tests change its member
    before = await stored_rows(engine)

    response = await change_while_waiting(
        engine, ("company", partner.key), upload(client, partner.admin, picture("PNG")), change(factory, account)
    )

    assert (status, code) == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert before["image"] == (await stored_rows(engine))["image"]
