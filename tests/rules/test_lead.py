"""Leads: companies ask for private offers, and sellers work on what becomes of it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory, Thing
from tests.rules.mutations import queued_mails, send, stored_rows, user_error
from tests.rules.test_accept_offer import accept, choice

LEADS: Final = """{ leads { nodes { id company { id } source status product { id } requester { id } buyerAccountId contactName
    contactEmail contactCompany message notes { author { id } text } version isFinal viewerCan } totalCount } }"""
ROLES: Final = ("ACCOUNT_ADMIN", "MARKETPLACE_EDITOR", "NETWORK_ADMIN", "FINANCE", "VIEWER")


async def ask(client: Client, viewer: str | None, product: Thing, **values: Any) -> Any:
    """Ask for an offer."""
    return await send(client, viewer, "requestOffer", "received product { id }", productId=product.id, **values)


async def leads(client: Client, viewer: str | None) -> Any:
    """The leads that a viewer reads."""
    answer = await client(viewer, LEADS)
    return answer.data["leads"]["nodes"] if answer.data else []


async def public_product(factory: Factory, seller: Company) -> Thing:
    """A product that everyone can see."""
    return await factory.product(seller, visibility="PUBLIC")


async def test_request_makes_a_lead_and_an_email_R221_R222_R228_V17_V32_V33(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The email to the seller's root user has the buyer's account id. The seller sees it even if it can't see the company."""
    seller, buyer = await factory.company(), await factory.company()
    await factory.user(seller, "ACCOUNT_ADMIN")
    product = await public_product(factory, seller)

    answer = await ask(client, buyer.admin, product, message="For a year?", contactName="Sam", contactEmail="sam@buyer.example")
    (lead,) = await leads(client, seller.admin)

    assert {"received": True, "product": {"id": product.id}, "userErrors": []} == answer
    assert {"id": lead["id"]} | {
        "company": {"id": seller.id},
        "source": "OFFER_REQUEST",
        "status": "NEW",
        "product": {"id": product.id},
        "requester": None,
        "buyerAccountId": buyer.id,
        "contactName": "Sam",
        "contactEmail": "sam@buyer.example",
        "contactCompany": None,
        "message": "For a year?",
        "notes": [],
        "version": 1,
        "isFinal": False,
        "viewerCan": ["READ", "UPDATE", "ADD_NOTE"],
    } == lead
    ((kind, address, text),) = await queued_mails(rules_engine)
    assert ("OFFER_REQUESTED", seller.admin) == (kind, address)
    assert all(part in text for part in (buyer.id, "For a year?", "sam@buyer.example"))


async def test_further_request_is_a_note_while_the_lead_is_open_V33(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Two at once make one lead. Once it's closed, the next request makes another one."""
    seller, buyer = await factory.company(), await factory.company()
    product = await public_product(factory, seller)

    await asyncio.gather(ask(client, buyer.admin, product), ask(client, buyer.admin, product, message="And soon?"))
    (lead,) = await leads(client, seller.admin)
    await send(client, seller.admin, "updateLead", "lead { id }", id=lead["id"], version=1, status="CLOSED")
    await ask(client, buyer.admin, product)

    assert 1 == len(lead["notes"])
    assert ["NEW", "CLOSED"] == [each["status"] for each in await leads(client, seller.admin)]
    assert 3 == len(await queued_mails(rules_engine))


async def test_who_asks_belongs_to_another_company_and_reads_the_product_R221_V33_V55(client: Client, factory: Factory) -> None:
    """Visitors don't, nor does the seller, nor a test account. An unverified company does, and so does a former buyer."""
    seller, tester, former = await factory.company(), await factory.company(), await factory.company()
    unverified = await factory.company(verification_status="UNVERIFIED")
    public, limited = await public_product(factory, seller), await factory.product(seller, visibility="LIMITED")
    await factory.test_account(limited, tester)
    await factory.offer(seller, [former], product=limited, status="EXPIRED")

    async def codes(viewer: str | None, product: Thing) -> list[str]:
        return [error["code"] for error in (await ask(client, viewer, product))["userErrors"]]

    assert ["FORBIDDEN"] == await codes(seller.admin, public)
    assert ["FORBIDDEN", "FORBIDDEN"] == await codes(ANONYMOUS, public)
    assert ["FORBIDDEN"] == await codes(tester.admin, limited)
    assert ["NOT_FOUND"] == await codes(unverified.admin, limited)
    assert [] == await codes(unverified.admin, public) == await codes(former.admin, limited)


async def test_partner_asks_for_its_account_V14_V33(client: Client, factory: Factory) -> None:
    """The lead names the account. Nobody asks for a stranger, or for the seller itself."""
    partner, seller, stranger = await factory.partner(), await factory.company(), await factory.company()
    account, selling = await factory.managed_account(partner), await factory.managed_account(partner)
    product, own = await public_product(factory, seller), await public_product(factory, selling.company)

    good = await ask(client, partner.admin, product, companyId=account.company.id)
    strange = await ask(client, partner.admin, product, companyId=stranger.id)
    itself = await ask(client, partner.admin, own, companyId=selling.company.id)

    assert [] == good["userErrors"]
    assert [user_error("NOT_FOUND", "companyId")] == strange["userErrors"]
    assert [user_error("INVALID_VALUE", "companyId")] == itself["userErrors"]
    assert [account.company.id] == [lead["buyerAccountId"] for lead in await leads(client, seller.admin)]


async def test_bad_requests_change_nothing_V33(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Each wrong value is named."""
    seller, buyer = await factory.company(), await factory.company()
    product = await public_product(factory, seller)
    before = await stored_rows(rules_engine)

    answer = await ask(client, buyer.admin, product, message="a" * 5001, contactName="a" * 129, contactEmail="nowhere")

    assert [
        user_error("TOO_LONG", "message"),
        user_error("TOO_LONG", "contactName"),
        user_error("INVALID_VALUE", "contactEmail"),
    ] == answer["userErrors"]
    assert False is answer["received"]
    assert before == await stored_rows(rules_engine)


async def test_requests_of_a_user_are_limited_V33(client: Client, factory: Factory) -> None:
    """Notes on an open lead count too."""
    seller, buyer = await factory.company(), await factory.company()
    product = await public_product(factory, seller)

    answers = [await ask(client, buyer.admin, product) for _ in range(21)]

    assert [[]] * 20 + [[user_error("TOO_MANY")]] == [answer["userErrors"] for answer in answers]


async def test_inquiry_makes_a_lead_too_V17_V18(client: Client, factory: Factory) -> None:
    """It has what the sender wrote, and the company of a sender who was signed in."""
    provider, sender = await factory.company(), await factory.company()
    profile = await factory.profile(provider)
    values = {"name": "Sam", "email": "sam@sample.example", "message": "Hello?", "company": "Sample Foods"}

    await send(client, ANONYMOUS, "sendInquiry", "marketplaceProfile { id }", profileId=profile.id, **values)
    await send(client, sender.admin, "sendInquiry", "marketplaceProfile { id }", profileId=profile.id, **values)
    signed_in, visitor = await leads(client, provider.admin)

    assert (sender.id, None) == (signed_in["buyerAccountId"], visitor["buyerAccountId"])
    for lead in (signed_in, visitor):
        said = (lead["source"], lead["contactName"], lead["contactEmail"], lead["contactCompany"], lead["message"])
        assert ("PROFILE_INQUIRY", "Sam", "sam@sample.example", "Sample Foods", "Hello?") == said


@pytest.mark.parametrize("role", ROLES)
async def test_leads_are_for_those_who_sell_V40(client: Client, factory: Factory, role: str) -> None:
    """Account administrators and Marketplace editors of the company and of its partner read them, and the operator."""
    partner, operator, buyer = await factory.partner(), await factory.operator(), await factory.company()
    account = await factory.managed_account(partner)
    product = await public_product(factory, account.company)
    lead = await factory.lead(account.company, product, buyer)
    own, colleague, other = [await factory.user(company, role) for company in (account.company, partner, buyer)]

    found = [[each["id"] for each in await leads(client, user.email)] for user in (own, colleague, other)]

    expected = [lead.id] if role in ROLES[:2] else []
    assert [expected, expected, []] == found
    assert [lead.id] == [each["id"] for each in await leads(client, operator.admin)]


async def test_lead_only_moves_forwards_V17_V40(client: Client, factory: Factory) -> None:
    """By any number of steps, in the version that was read, and not by the operator. Any lead can be closed."""
    seller, buyer, operator = await factory.company(), await factory.company(), await factory.operator()
    lead = await factory.lead(seller, await public_product(factory, seller), buyer)

    async def move(version: int, status: str, viewer: str = seller.admin) -> Any:
        return await send(client, viewer, "updateLead", "lead { status version }", id=lead.id, version=version, status=status)

    assert {"status": "QUALIFIED", "version": 2} == (await move(1, "QUALIFIED"))["lead"]
    assert [user_error("CONFLICT", "version")] == (await move(1, "PURCHASED"))["userErrors"]
    for status in ("NEW", "CONTACTED", "QUALIFIED"):
        assert [user_error("ILLEGAL_STEP")] == (await move(2, status))["userErrors"]
    assert [user_error("FORBIDDEN", "id")] == (await move(2, "CLOSED", operator.admin))["userErrors"]
    assert {"status": "CLOSED", "version": 3} == (await move(2, "CLOSED"))["lead"]
    assert [user_error("ILLEGAL_STEP")] == (await move(3, "DELIVERED"))["userErrors"]


async def test_notes_have_their_author_and_date_V17(client: Client, factory: Factory) -> None:
    """A blank one isn't stored."""
    seller, buyer = await factory.company(), await factory.company()
    lead = await factory.lead(seller, await public_product(factory, seller), buyer)

    blank = await send(client, seller.admin, "addLeadNote", "lead { id }", id=lead.id, text=" ")
    good = await send(
        client, seller.admin, "addLeadNote", "lead { notes { at author { id } text } }", id=lead.id, text="Called."
    )

    assert [user_error("REQUIRED", "text")] == blank["userErrors"]
    (note,) = good["lead"]["notes"]
    assert ({"id": seller.user.id}, "Called.") == (note["author"], note["text"])


async def test_buyer_of_a_lead_can_be_named_though_it_is_hidden_R228_V34_V56(client: Client, factory: Factory) -> None:
    """And no other hidden company."""
    seller, buyer, hidden = await factory.company(), await factory.company(), await factory.company()
    product = await public_product(factory, seller)
    await ask(client, buyer.admin, product)
    values = {"productId": product.id, "name": "Sample", "paymentModel": "UPFRONT", "currency": "EUR"}

    good = await send(client, seller.admin, "createOffer", "offer { buyers { id } }", buyerIds=[buyer.id], **values)
    bad = await send(client, seller.admin, "createOffer", "offer { id }", buyerIds=[buyer.id, hidden.id], **values)

    assert [{"id": buyer.id}] == good["offer"]["buyers"]
    assert [user_error("NOT_FOUND", "buyerIds", "1")] == bad["userErrors"]


async def test_accepted_offer_makes_the_lead_purchased_V40(client: Client, factory: Factory) -> None:
    """Only that of the product and the buyer."""
    seller, buyer, other = await factory.company(), await factory.company(), await factory.company()
    product, another = await public_product(factory, seller), await public_product(factory, seller)
    for company, asked in ((buyer, product), (buyer, another), (other, product)):
        await ask(client, company.admin, asked)
    offer = await factory.offer(seller, [buyer], product=product)

    await accept(client, buyer.admin, offer, dimensionIds=await choice(client, buyer.admin, offer, 0))

    found = {(lead["buyerAccountId"], lead["product"]["id"]): lead["status"] for lead in await leads(client, seller.admin)}
    assert {(buyer.id, product.id): "PURCHASED", (buyer.id, another.id): "NEW", (other.id, product.id): "NEW"} == found
