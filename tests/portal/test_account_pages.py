"""The account pages in a real browser: the links in emails lead to sessions, and errors appear where they can be found."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, Route, expect

from models.embedded import Embedded
from tests import plain_http
from tests.pictures import picture
from tests.portal.conftest import window
from tests.portal.visit import Visit
from tests.rules.identity import CODE, OTHER_PASSWORD, PASSWORD, market_with_password
from tests.served import served
from transport.http.account_pages import PAGES

FORGETFUL: Final = "network@direct.example"
ADDRESS: Final = "ada@newcomer.example"
INVITED: Final = "grace@newcomer.example"
EXISTING: Final = "hidden@managed.example"
FOUNDER: Final = "alan@newcomer.example"
COLLEAGUE: Final = "joan@newcomer.example"
REVIEWER: Final = "reviewer@operator.example"
COMPANY: Final = {"legalName": "Bletchley Ltd", "tradingName": "Bletchley", "country": "GB", "registrationNumber": "01234567"}
LOCATIONS: Final = '{ locations(orderable: true, filter: {market: "DE"}, first: 1) { nodes { id } } }'
POST: Final = """async ([path, query, variables, bytes]) => {
  const post = async (path, body, headers) => (await fetch(path, { method: "POST", body, headers })).json();
  const json = { "Content-Type": "application/json" };
  const refresh = JSON.stringify({ query: "mutation { refreshTokens(input: {}) { tokens { accessToken } } }" });
  const { refreshTokens } = (await post("/graphql/refresh", refresh, json)).data;
  const signed = { Authorization: `Bearer ${refreshTokens.tokens.accessToken}` };
  const body = bytes ? new Uint8Array(bytes) : JSON.stringify({ query, variables });
  return post(path, body, bytes ? signed : { ...signed, ...json });
}"""


@pytest.fixture(scope="module")
async def own_market(postgres: Embedded, demo: str) -> AsyncIterator[str]:
    """The URL of a sample market in which one user has a password."""
    async with market_with_password(postgres, demo, EXISTING) as url:
        yield url


@pytest.fixture(scope="module")
def url(own_market: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway in development, which shows its emails."""
    with served(own_market, tmp_path_factory.mktemp("account"), development=True) as url:
        yield url


@pytest.fixture
async def empty(chromium: Browser, url: str) -> AsyncIterator[Visit]:
    """A new browser window."""
    async with window(chromium, url) as visit:
        yield visit


async def code_for(url: str, address: str) -> str:
    """Return the code in the latest email to an address, from the page of emails."""
    async with plain_http.client() as client:
        mails: list[dict[str, Any]] = (await client.get(f"{url}/mails.json")).json()
    found = CODE.search(next(mail["body"] for mail in mails if mail["to"] == address))
    assert found
    return found[1]


async def fill(page: Page, button: str, **values: str) -> None:
    """Fill in the form with a button by the labels of its fields, and submit it by keyboard."""
    for label, value in values.items():
        await page.get_by_label(label.replace("_", " ")).fill(value)
    await page.get_by_role("button", name=button).press("Enter")


async def test_link_in_the_mail_signs_up_R401(empty: Visit) -> None:
    """Opening the link changes nothing: a form asks for the rest. Its code leaves the address bar, and the session starts."""
    page, url = empty.page, empty.url
    await page.goto(f"{url}/account/sign-up")
    await fill(page, "Send email", Email_address=ADDRESS)
    await expect(page.get_by_role("heading", name="Check your email")).to_be_focused()
    code = await code_for(url, ADDRESS)

    for _ in range(2):
        await page.goto(f"{url}/account/sign-up?token={code}")
        await expect(page.get_by_label("Code")).to_have_value(code)
    assert page.url == f"{url}/account/sign-up"
    await fill(page, "Sign up", Full_name="Ada Byron", Job_title="Analyst", New_password=PASSWORD)

    await expect(empty.menu_button).to_have_text(f"Signed in as {ADDRESS}")
    assert page.url == f"{url}/"
    stored = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "refresh" not in stored
    assert "eyJ" not in stored


async def test_typed_code_gives_a_new_password_V42(empty: Visit) -> None:
    """The code can be typed instead of following the link, in small letters and without hyphens. The password works.

    The sign-in replaces the session that the reset had started in the browser.
    """
    page, url = empty.page, empty.url
    await page.goto(f"{url}/account/reset")
    await fill(page, "Send email", Email_address=FORGETFUL)
    await expect(page.get_by_role("heading", name="Check your email")).to_be_focused()
    typed = (await code_for(url, FORGETFUL)).replace("-", "").lower()
    await fill(page, "Save password", Code=typed, New_password=OTHER_PASSWORD)
    await page.wait_for_url(f"{url}/", wait_until="commit")

    await page.goto(f"{url}/account/sign-in")
    await fill(page, "Sign in", Email_address=FORGETFUL, Password=OTHER_PASSWORD)

    await page.wait_for_url(f"{url}/", wait_until="commit")
    await expect(empty.menu_button).to_have_text(f"Signed in as {FORGETFUL}")
    answer = await page.evaluate(POST, ["/graphql", "{ viewer { sessions { current } } }", None, None])
    assert [{"current": True}] == answer["data"]["viewer"]["sessions"]


async def test_errors_are_announced_at_their_fields(empty: Visit) -> None:
    """The first invalid field has the focus, and each describes its error. Corrected fields lose theirs."""
    page, url = empty.page, empty.url
    await page.goto(f"{url}/account/sign-up?token=nothing")
    await fill(page, "Sign up", Full_name="Ada Byron", Job_title="", New_password="short")
    title, password = page.get_by_label("Job title"), page.get_by_label("New password")

    await expect(title).to_be_focused()
    await expect(title).to_have_accessible_description(re.compile("."))
    await expect(password).to_have_accessible_description(re.compile("15 to 128 characters.* .*5"))
    assert ["true", "true"] == [await each.get_attribute("aria-invalid") for each in (title, password)]
    await expect(page.get_by_label("Full name")).not_to_have_attribute("aria-invalid", "true")

    await fill(page, "Sign up", Job_title="Analyst", New_password=PASSWORD)
    await expect(page.get_by_label("Code")).to_be_focused()
    await expect(title).to_have_accessible_description("")


async def test_wrong_password_is_announced(empty: Visit) -> None:
    """The error is about no single field, so an alert says it."""
    await empty.page.goto(f"{empty.url}/account/sign-in")
    await fill(empty.page, "Sign in", Email_address="nobody@newcomer.example", Password="?")

    await expect(empty.page.get_by_role("alert")).to_have_text("The email address or the password is wrong.")


async def test_invited_person_signs_up_and_joins_R427_V49(empty: Visit) -> None:
    """The page says which company invites, whom and as what, and asks for what a new user needs."""
    page, url = empty.page, empty.url
    await page.goto(f"{url}/account/invitation?token={await invited(url, INVITED)}")
    await expect(page.get_by_role("heading", name=re.compile("^Join ."))).to_be_visible()
    await expect(page.get_by_text(f"The invitation is for {INVITED}, as network admin.")).to_be_visible()
    await fill(page, "Sign up and join", Full_name="Grace Hopper", Job_title="Engineer", New_password=PASSWORD)

    await expect(empty.menu_button).to_have_text(f"Signed in as {INVITED}")
    assert page.url == f"{url}/"


async def test_user_joins_another_company_R428_V49(empty: Visit) -> None:
    """A user with an account enters its password, or only confirms if it's signed in."""
    page, url = empty.page, empty.url
    await page.goto(f"{url}/account/invitation?token={await invited(url, EXISTING)}")
    await page.get_by_role("button", name="I have an account").press("Enter")
    await fill(page, "Join", Password_of_your_account=PASSWORD)
    await page.wait_for_url(f"{url}/", wait_until="commit")

    token = await invited(url, EXISTING, "admin@partner.example")
    await page.goto(f"{url}/account/invitation?token={token}")
    await page.get_by_role("button", name="Join", exact=True).press("Enter")

    await page.wait_for_url(f"{url}/", wait_until="commit")


async def test_spent_invitation_is_announced(empty: Visit) -> None:
    """A code of no open invitation gets its error at the field, whether it came from a link or was typed."""
    await empty.page.goto(f"{empty.url}/account/invitation?token=nothing")
    code = empty.page.get_by_label("Code")

    await expect(code).to_be_focused()
    await expect(code).to_have_accessible_description(re.compile("was used, was withdrawn or has expired"))


async def invited(url: str, address: str, administrator: str = "admin@direct.example") -> str:
    """Invite an address to the company of an administrator, and return the code in the email."""
    await mutate_as(url, administrator, "inviteMember", email=address, roles=["NETWORK_ADMIN"])
    return await code_for(url, address)


async def mutate_as(url: str, viewer: str, mutation: str, **values: Any) -> None:
    """Send a mutation as a user with a token of development."""
    request = {"query": document(mutation), "variables": {"input": values}}
    async with plain_http.client() as client:
        token = (await client.post(f"{url}/portal/sign-in", json={"email": viewer})).json()["token"]
        answer = await client.post(f"{url}/graphql", json=request, headers={"Authorization": f"Bearer {token}"})
    assert [] == answer.json()["data"][mutation]["userErrors"]


def document(mutation: str, selection: str = "") -> str:
    """Return the document of a mutation."""
    name = f"{mutation[0].upper()}{mutation[1:]}"
    return f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code }} }} }}"


async def mutate_on(page: Page, mutation: str, selection: str = "", **values: Any) -> dict[str, Any]:
    """Send a mutation from a page as its signed-in user, and return the payload."""
    answer = await page.evaluate(POST, ["/graphql", document(mutation, selection), {"input": values}, None])
    payload: dict[str, Any] = answer["data"][mutation]
    return payload


async def sign_up(visit: Visit, address: str, name: str) -> None:
    """Sign up with the link in the email."""
    await visit.page.goto(f"{visit.url}/account/sign-up")
    await fill(visit.page, "Send email", Email_address=address)
    await expect(visit.page.get_by_role("heading", name="Check your email")).to_be_focused()
    await visit.page.goto(f"{visit.url}/account/sign-up?token={await code_for(visit.url, address)}")
    await fill(visit.page, "Sign up", Full_name=name, Job_title="Engineer", New_password=PASSWORD)
    await expect(visit.menu_button).to_have_text(f"Signed in as {address}")


async def accept(visit: Visit, address: str, name: str) -> None:
    """Join a company with the link in the email."""
    await visit.page.goto(f"{visit.url}/account/invitation?token={await code_for(visit.url, address)}")
    await fill(visit.page, "Sign up and join", Full_name=name, Job_title="Engineer", New_password=PASSWORD)
    await expect(visit.menu_button).to_have_text(f"Signed in as {address}")


async def test_from_the_mail_to_the_first_port_R401_R403_R404_R409_R422_R426_R427_R431(empty: Visit, chromium: Browser) -> None:
    """A user registers its company with a certificate and invites a colleague, who orders once the company is verified."""
    page, url = empty.page, empty.url
    await sign_up(empty, FOUNDER, "Alan Turing")
    uploaded = await page.evaluate(POST, ["/files?purpose=CERTIFICATE", None, None, list(picture())])
    registration = {**COMPANY, "certificateId": uploaded["id"]}
    registered = await mutate_on(page, "registerCompany", "company { id verificationStatus }", **registration)
    await mutate_on(page, "setBillingMarket", market="DE", enabled=True)
    found = await page.evaluate(POST, ["/graphql", LOCATIONS, None, None])
    order = {"name": "First", "speedMbps": 1_000, "termMonths": 12, "locationId": found["data"]["locations"]["nodes"][0]["id"]}
    too_early = await mutate_on(page, "orderPort", "port { id }", **order)
    await mutate_on(page, "inviteMember", email=COLLEAGUE, roles=["NETWORK_ADMIN"])
    await mutate_as(url, REVIEWER, "verifyCompany", companyId=registered["company"]["id"])
    async with window(chromium, url) as other:
        await accept(other, COLLEAGUE, "Joan Clarke")
        ordered = await mutate_on(other.page, "orderPort", "port { status company { tradingName } }", **order)

    assert "PENDING" == registered["company"]["verificationStatus"]
    assert {"port": None, "userErrors": [{"code": "COMPANY_NOT_VERIFIED"}]} == too_early
    assert {"port": {"status": "REQUESTED", "company": {"tradingName": "Bletchley"}}, "userErrors": []} == ordered


@pytest.mark.parametrize("name", PAGES)
async def test_page_fits_a_narrow_window_and_names_its_controls(empty: Visit, name: str) -> None:
    """At 320 pixels nothing scrolls sideways, with all steps shown. Each control has a name, and one heading is shown."""
    page = empty.page
    await page.set_viewport_size({"width": 320, "height": 600})
    await page.goto(f"{empty.url}/account/{name}")
    headings = await page.get_by_role("heading", level=1).count()
    await page.evaluate("for (const each of document.querySelectorAll('[hidden]')) each.hidden = false")
    snapshot = await page.locator("body").aria_snapshot()

    assert (headings, await page.evaluate("document.documentElement.scrollWidth")) == (1, 320)
    assert re.findall(r"^\s*- (?:button|link|textbox):?$", snapshot, re.MULTILINE) == []
    assert await page.locator("input:not([autocomplete])").count() == 0


async def test_form_can_be_used_once_its_script_runs(empty: Visit) -> None:
    """Before that it's disabled: the browser would submit it itself, which the page's security policy blocks."""
    page, script = empty.page, asyncio.Event()

    async def hold(route: Route) -> None:
        await script.wait()
        await route.continue_()

    await page.route("**/*.js", hold)
    await page.goto(f"{empty.url}/account/sign-up", wait_until="commit")
    button = page.get_by_role("button", name="Send email")
    await expect(button).to_be_disabled()
    await expect(page.get_by_role("button", name="I have a code")).to_be_disabled()
    script.set()

    await fill(page, "Send email", Email_address="late@new.example")
    await expect(page.get_by_role("heading", name="Check your email")).to_be_focused()
