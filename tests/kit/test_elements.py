"""The other elements on a partner's page: orders, approvals, settings, the overview, connections, offers, invoices, the profile."""

from __future__ import annotations

import re
from typing import Final

from playwright.async_api import expect

from tests.kit.conftest import Open
from tests.kit.host import ACCOUNTS, Gateway, Host

ACCOUNT: Final = """{ managedAccounts(first: 1000) {
  nodes { id version accountName company { id } settings { pricing { enabled source } } } } }"""
SET: Final = """mutation ($input: UpdateManagedAccountSettingsInput!) {
  updateManagedAccountSettings(input: $input) { managedAccount { version } userErrors { code field } } }"""
CONNECTIONS: Final = "{ connectionRequests(first: 20) { nodes { viewerCan } } }"
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
    """The first wrong field has the focus. The order needs an approval, which its partner gives on the page of approvals."""
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
        assert await page.evaluate("events.some(({ type }) => type === 'MarketplaceProfile')")


async def test_connections_have_the_buttons_of_what_the_viewer_can_do(visit: Open, portal: Host) -> None:
    """An item can be answered or withdrawn only if the gateway says so. The partner denies a request with a reason."""
    answer = portal.gateway.as_partner(CONNECTIONS)["connectionRequests"]
    expected = [bool({"ANSWER", "WITHDRAW"} & {*node["viewerCan"]}) for node in answer["nodes"]]
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
    """Only offers that the viewer can accept have the button. Accepting asks first, and then shows the new status."""
    answer = portal.gateway.as_partner(OFFERS)["offers"]
    expected = ["ACCEPT" in node["viewerCan"] for node in answer["nodes"]]
    async with visit("crossgate-offers", who="partner") as page:
        await expect(page.get_by_role("article")).to_have_count(len(expected))
        cards = await page.get_by_role("article").all()
        assert [await card.get_by_role("button").count() > 0 for card in cards] == expected
        key = await page.get_by_role("article").filter(has=page.get_by_role("button")).first.get_attribute("aria-labelledby")
        card = page.locator(f"article[aria-labelledby='{key}']")
        await card.get_by_role("button", name="Accept the offer").click()
        await expect(card.locator(":focus")).to_be_visible()
        for box in await card.get_by_role("checkbox").all():
            await box.check()
        await card.get_by_role("button", name="Accept the offer").click()
        await expect(card.locator("[data-status=ACCEPTED]")).to_have_count(1)
        # The event of the change can come after the answer, with words of its own.
        await expect(page.get_by_role("status").filter(has_text=re.compile("accepted", re.IGNORECASE))).to_have_count(1)
        assert await page.evaluate("events.some(({ action }) => action === 'ACCEPT')")
