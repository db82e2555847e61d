"""The other elements on a partner's page: orders, approvals, settings, the overview, connections, offers, invoices, the profile."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Final

from playwright.async_api import expect

from tests.kit.conftest import Open
from tests.kit.host import ACCOUNTS, Gateway, Host
from tests.portal.conftest import PATIENCE

ACCOUNT: Final = """{ managedAccounts(first: 1000) {
  nodes { id version accountName company { id } settings { pricing { enabled source } } } } }"""
TARGETS: Final = "{ marketplacePorts(first: 1000) { nodes { selectable viewerCan location { id } } } }"
SET: Final = """mutation ($input: UpdateManagedAccountSettingsInput!) {
  updateManagedAccountSettings(input: $input) { managedAccount { version } userErrors { code field } } }"""
CONNECTIONS: Final = "{ connectionRequests(last: 20) { nodes { viewerCan } } }"
STEPS: Final = {"ACCEPT", "PUBLISH", "EXTEND", "WITHDRAW"}
OFFERS: Final = "{ offers(first: 20) { nodes { viewerCan } } }"


def account_of(gateway: Gateway, who: str) -> dict[str, object]:
    """Return a managed account as its partner reads it."""
    company = gateway.company_of(ACCOUNTS[who])
    accounts = gateway.as_partner(ACCOUNT)["managedAccounts"]["nodes"]
    found: dict[str, object] = next(account for account in accounts if account["company"]["id"] == company)
    return found


def set_pricing(gateway: Gateway, who: str, pricing: bool) -> None:
    """Show or hide prices of a managed account, as its partner."""
    account = account_of(gateway, who)
    values = {"id": account["id"], "version": account["version"], "settings": {"pricing": pricing}}
    assert gateway.as_partner(SET, input=values)["updateManagedAccountSettings"]["userErrors"] == []


async def test_order_shows_problems_at_fields_and_waits_for_the_partner_V13(visit: Open) -> None:
    """The first wrong field has the focus. The page of approvals says that the order waits for its partner, which approves it."""
    async with visit("crossgate-order-port", who="hidden") as page:
        await page.get_by_role("button", name="Order", exact=True).click()
        await expect(page.get_by_label("Location")).to_be_focused()
        invalid = page.locator("[aria-invalid=true]")
        assert await invalid.count() >= 2
        for field in await invalid.all():
            await expect(
                page.locator(f"[id='{(await field.get_attribute('aria-describedby') or '').split()[-1]}']")
            ).not_to_be_empty()
        await page.get_by_label("Location").select_option(index=1)
        await page.get_by_label("Name").fill("From the kit")
        await page.get_by_role("button", name="Order", exact=True).click()
        await expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
        await expect(page.get_by_role("status").filter(has_text="waits for approval")).to_be_visible()
        actions = await page.evaluate("events.filter(({ name }) => name === 'cg-change').map(({ type }) => type)")
        assert actions == ["OrderApproval"]

    async with visit("crossgate-approvals", who="partner") as page:
        order = page.get_by_role("article", name="From the kit")
        await expect(order.locator("dl > div").filter(has_text="Waits for")).to_contain_text("the partner, until ")
        await order.get_by_role("button", name="Reject").click()
        await expect(order.get_by_label("Comment")).to_be_focused()
        await order.get_by_role("button", name="Approve").click()
        await expect(order.locator(".status")).to_have_text("Approved")
        await expect(order.get_by_role("button")).to_have_count(0)


async def test_switch_of_the_partner_changes_the_account_s_open_page_R121(visit: Open, portal: Host) -> None:
    """The partner previews and saves prices. The account's page shows them without a reload, and hides them again."""
    account = account_of(portal.gateway, "hidden")
    async with (
        visit("crossgate-ports", who="hidden", refresh=1) as watching,
        visit(f"crossgate-settings account-id='{account['id']}'", who="partner") as page,
    ):
        await expect(watching.locator(".hidden").first).to_be_visible()
        await page.get_by_label("Prices").select_option("On")
        await page.get_by_role("button", name="Preview").click()
        await expect(page.locator("[part=preview] .price").first).to_be_visible()
        await expect(watching.locator(".price")).to_have_count(0)

        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved.")).to_be_visible()
        await expect(watching.locator(".price").first).to_be_visible()
        await page.get_by_label("Prices").select_option("Off")
        await page.get_by_role("button", name="Save").click()
        await expect(watching.locator(".hidden").first).to_be_visible()
        await expect(watching.locator(".price")).to_have_count(0)


async def test_conflict_of_settings_is_said_and_overwrites_nothing(visit: Open, portal: Host) -> None:
    """If someone else has changed the account since the page read it, saving says so."""
    account = account_of(portal.gateway, "hidden")
    async with visit("crossgate-settings", who="partner") as page:
        await page.get_by_label("Account", exact=True).select_option(str(account["accountName"]))
        set_pricing(portal.gateway, "hidden", pricing=False)
        await page.get_by_label("Chat support").select_option("Off")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).not_to_be_empty()
        await expect(page.get_by_text("Saved.")).to_have_count(0)


async def test_account_has_no_switches(visit: Open) -> None:
    """A managed account reads its settings at most. Nothing offers to change them."""
    async with visit("crossgate-settings", who="hidden") as page:
        await expect(page.get_by_role("heading", level=2)).to_be_visible()
        await expect(page.get_by_text("Loading …")).to_have_count(0)
        assert await page.get_by_role("button").count() == 0


async def test_overview_has_numbers_or_the_reason(visit: Open) -> None:
    """The partner reads counts and its monthly cost; an account whose partner hides the overview reads why."""
    async with visit("crossgate-dashboard", who="partner") as page:
        await expect(page.locator("[part=figure]").first).to_be_visible()
        await expect(page.get_by_role("heading", name="Ports by metro")).to_be_visible()
    async with visit("crossgate-dashboard", who="hidden") as page:
        await expect(page.locator(".hidden")).to_contain_text("your partner hasn't enabled it")


async def test_invoice_is_downloaded_with_the_token(visit: Open) -> None:
    """The partner saves an invoice's file. A managed account has no invoices."""
    async with visit("crossgate-invoices", who="partner") as page:
        async with page.expect_download() as started:
            await page.get_by_role("article").first.get_by_role("button", name="CSV").click()
        file = await started.value
        assert file.suggested_filename.endswith(".csv")
        assert (await file.path()).stat().st_size > 0
    async with visit("crossgate-invoices", who="hidden") as page:
        await expect(page.get_by_text("0 invoices")).to_be_visible()


async def test_profile_is_saved_and_a_wrong_address_is_an_error_at_its_field(visit: Open) -> None:
    """The partner edits its profile. The host learns of it."""
    async with visit("crossgate-profile", who="partner") as page:
        await page.get_by_label("Contact email").fill("nonsense")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_label("Contact email")).to_be_focused()
        await page.get_by_label("Contact email").fill("sales@bramblewick.example")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved.")).to_be_visible()
        await page.wait_for_function("events.some(({ type }) => type === 'MarketplaceProfile')")


async def test_connections_have_the_buttons_of_what_the_viewer_can_do(visit: Open, portal: Host) -> None:
    """An item can be answered or withdrawn only if the gateway says so. The partner denies a request with a reason."""
    answer = portal.gateway.as_partner(CONNECTIONS)["connectionRequests"]
    expected = [bool({"ANSWER", "WITHDRAW"} & {*node["viewerCan"]}) for node in reversed(answer["nodes"])]
    async with visit("crossgate-connections", who="partner") as page:
        await expect(page.get_by_role("article")).to_have_count(len(expected))
        cards = await page.get_by_role("article").all()
        assert [await card.get_by_role("button").count() > 0 for card in cards] == expected
        key = (
            await page.get_by_role("article")
            .filter(has=page.get_by_role("button", name="Deny"))
            .first.get_attribute("aria-labelledby")
        )
        card = page.locator(f"article[aria-labelledby='{key}']")
        await card.get_by_label("Reason").fill("No capacity")
        await card.get_by_role("button", name="Deny").click()
        await expect(card.locator(".status")).to_have_text("Denied")
        await expect(card).to_contain_text("No capacity")


async def test_offer_is_accepted_after_a_confirmation(visit: Open, portal: Host) -> None:
    """Only offers that the viewer can do something with have buttons. Accepting asks first, and then says so, once."""
    answer = portal.gateway.as_partner(OFFERS)["offers"]
    expected = [bool(STEPS & {*node["viewerCan"]}) for node in answer["nodes"]]
    async with visit("crossgate-offers", who="partner") as page:
        await expect(page.get_by_role("article")).to_have_count(len(expected))
        cards = await page.get_by_role("article").all()
        assert [await card.get_by_role("button").count() > 0 for card in cards] == expected
        offer = page.get_by_role("article").filter(has=page.get_by_role("button", name="Accept the offer")).first
        key = await offer.get_attribute("aria-labelledby")
        card = page.locator(f"article[aria-labelledby='{key}']")
        await card.get_by_role("button", name="Accept the offer").click()
        await expect(card.locator(":focus")).to_be_visible()
        for box in await card.get_by_role("checkbox").all():
            await box.check()
        await card.get_by_role("button", name="Accept the offer").click()
        await expect(card.locator("[data-status=ACCEPTED]")).to_have_count(1)
        await expect(page.get_by_role("status").filter(has_text="is accepted.")).to_have_count(1)
        await page.wait_for_function("events.some(({ action }) => action === 'ACCEPT')")


async def test_event_of_an_own_step_does_not_replace_its_words(visit: Open) -> None:
    """The news of an accepted offer are those of the answer, also once the event of the change has arrived."""
    async with visit("crossgate-offers", who="partner", refresh=3600) as page:
        frames = asyncio.Queue[str]()

        def received(frame: bytes | str) -> None:
            if "offerUpdated" in str(frame):
                frames.put_nowait(str(frame))

        page.on("websocket", lambda socket: socket.on("framereceived", received))
        await page.evaluate("portal.signOut()")
        await page.reload()
        offer = page.get_by_role("article").filter(has=page.locator("[data-status=PUBLISHED]"))
        offer = offer.filter(has=page.get_by_role("button", name="Accept the offer")).first
        key = str(await offer.get_attribute("aria-labelledby"))
        card = page.locator(f"article[aria-labelledby='{key}']")
        await card.get_by_role("button", name="Accept the offer").click()
        for box in await card.get_by_role("checkbox").all():
            await box.check()
        await card.get_by_role("button", name="Accept the offer").click()
        said = page.get_by_role("status").filter(has_text="is accepted.")
        await expect(said).to_have_count(1)
        async with asyncio.timeout(PATIENCE / 1000):
            while key not in await frames.get():
                pass
        await page.evaluate("new Promise(requestAnimationFrame)")
        await expect(said).to_have_count(1)


async def test_seller_publishes_extends_and_withdraws_an_offer(visit: Open) -> None:
    """Each step asks first. A day that is too early is an error at its field, and the host learns of each step."""
    async with visit("crossgate-offers page-size=200", who="partner") as page:
        offers = page.get_by_role("article")
        draft = offers.filter(has=page.get_by_role("button", name="Publish the offer")).first
        key = await draft.get_attribute("aria-labelledby")
        card = page.locator(f"article[aria-labelledby='{key}']")
        await card.get_by_role("button", name="Publish the offer").click()
        await expect(card.get_by_role("button", name="Publish the offer")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(card.locator("[data-status=DRAFT]")).to_have_count(0)

        published = offers.filter(has=page.get_by_role("button", name="Extend the offer")).first
        key = await published.get_attribute("aria-labelledby")
        card = page.locator(f"article[aria-labelledby='{key}']")
        await card.get_by_role("button", name="Extend the offer").click()
        until = card.get_by_label("Open until")
        await expect(until).to_be_focused()
        day = date.fromisoformat(await until.input_value())
        await until.fill((day - timedelta(days=1)).isoformat())
        await page.keyboard.press("Enter")
        await expect(until).to_have_attribute("aria-invalid", "true")
        await until.fill((day + timedelta(days=1)).isoformat())
        await page.keyboard.press("Enter")
        await expect(until).to_have_count(0)
        await expect(card.get_by_role("button", name="Extend the offer")).to_be_visible()

        await card.get_by_role("button", name="Withdraw the offer").click()
        await expect(card.get_by_text("nobody can undo this")).to_be_visible()
        await card.get_by_role("button", name="Withdraw the offer").click()
        await expect(card.locator("[data-status=WITHDRAWN]")).to_have_count(1)
        await expect(card.get_by_role("heading")).to_be_focused()
        actions = await page.evaluate("events.filter(({ name }) => name === 'cg-change').map(({ action }) => action)")

    assert ["PUBLISH", "EXTEND", "WITHDRAW"] == actions


async def test_order_shows_the_price_first_or_why_it_is_hidden(visit: Open) -> None:
    """The partner reads what a port would cost, and again for another term. A managed account reads why it can't."""
    async with visit("crossgate-order-port", who="partner") as page:
        await page.get_by_label("Location").select_option(index=1)
        price = page.locator(".price").first
        await expect(price).to_be_visible()
        yearly = await price.inner_text()
        await page.get_by_label("Term").select_option("1")
        await expect(price).not_to_have_text(yearly)
        await expect(page.locator(".price")).to_have_count(2)
    async with visit("crossgate-order-port", who="hidden") as page:
        await page.get_by_label("Location").select_option(index=1)
        await expect(page.locator(".hidden")).to_contain_text("accounts that a partner manages can't see it")


async def test_connection_is_requested(visit: Open, portal: Host) -> None:
    """The form offers ports that can be connected. A missing name is an error at its field, and the new request has the focus."""
    async with visit("crossgate-connections", who="partner") as page:
        await page.get_by_role("button", name="Request a connection").click()
        await expect(page.get_by_label("Your port")).to_be_focused()
        await page.get_by_label("Location").select_option(target_location(portal.gateway))
        await expect(page.get_by_label("Connect to").locator("option").first).to_be_attached()
        await page.get_by_role("button", name="Send the request").click()
        await expect(page.get_by_label("Name")).to_be_focused()
        await page.get_by_label("Name").fill("From the kit")
        await page.get_by_label("Bandwidth").fill("100")
        await page.keyboard.press("Enter")
        request = page.get_by_role("article", name="From the kit")
        await expect(request).to_contain_text("100 Mb/s")
        await expect(request.get_by_role("button", name="Withdraw")).to_be_focused()
        await page.wait_for_function("events.some(({ type, action }) => type === 'ConnectionRequest' && action === 'CONNECT')")


async def test_request_needs_the_right_to_connect(visit: Open, portal: Host) -> None:
    """A viewer that can connect no port has no button to request a connection."""
    portal.roles = ["FINANCE"]
    try:
        async with visit("crossgate-connections", who="shown") as page:
            await expect(page.get_by_role("status").filter(has_text="connection")).to_be_visible()
            await expect(page.get_by_role("button", name="Request a connection")).to_have_count(0)
    finally:
        portal.roles = None


def target_location(gateway: Gateway) -> str:
    """Return a location with a port that the partner can connect to."""
    ports = gateway.as_partner(TARGETS)["marketplacePorts"]["nodes"]
    return str(next(port["location"]["id"] for port in ports if port["selectable"] and "CONNECT" in port["viewerCan"]))
