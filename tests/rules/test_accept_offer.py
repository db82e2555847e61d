"""Buyers accept private offers, which makes agreements, and the operator's support cancels them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from models.base import now
from resolvers.offering.jobs import end_agreements
from resolvers.reviewing.jobs import remove_products
from tests.client import Client
from tests.factory import Company, Factory, Thing
from tests.rules.mutations import queued_mails, send, stored_rows, user_error

URL: Final = "https://gateway.example"
AGREED: Final = """agreement { id status startsOn endsOn endedAt cancellationReason isFinal waitsFor { side }
    offer { id status } buyer { id } seller { id } product { id } totalValue { amount currency } dimensions { name }
    instalments { chargeDate amount { amount } } acceptedBy { id } viewerCan }"""
READ: Final = (
    "query ($id: ID!) { node(id: $id) { ... on Agreement { status totalValue { amount } offer { id } acceptedBy { id } } } }"
)
DIMENSIONS: Final = "query ($id: ID!) { node(id: $id) { ... on Offer { version dimensions { id name } } } }"
ROLES: Final = ("ACCOUNT_ADMIN", "FINANCE", "MARKETPLACE_EDITOR", "VIEWER", "NETWORK_ADMIN")


async def choice(client: Client, viewer: str, offer: Thing, *places: int) -> list[str]:
    """Return the ids of some of an offer's dimensions, by their positions."""
    dimensions = (await client(viewer, DIMENSIONS, id=offer.id)).data["node"]["dimensions"]
    return [dimensions[place]["id"] for place in places]


async def accept(client: Client, viewer: str, offer: Thing, **values: Any) -> Any:
    """Accept an offer in its first version."""
    return await send(client, viewer, "acceptOffer", AGREED, **{"id": offer.id, "version": 1, **values})


async def agreed(client: Client, factory: Factory, seller: Company, buyer: Company) -> Any:
    """An agreement as its buyer reads it."""
    offer = await factory.offer(seller, [buyer])
    answer = await accept(client, buyer.admin, offer, dimensionIds=await choice(client, buyer.admin, offer, 0))
    assert [] == answer["userErrors"]
    return answer["agreement"]


async def test_buyer_chooses_among_the_dimensions_R235_A29_V4_V35_V38(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The agreement starts today, ends with the contract, and has the value of what was chosen. The seller hears of it."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer], dimensions=[100, 250, 999])

    answer = await accept(client, buyer.admin, offer, dimensionIds=await choice(client, buyer.admin, offer, 2, 0))

    assert {"id": answer["agreement"]["id"]} | {
        "status": "ACTIVE",
        "startsOn": str(now().date()),
        "endsOn": "2030-01-01",
        "endedAt": None,
        "cancellationReason": None,
        "isFinal": False,
        "waitsFor": {"side": "SELLER"},
        "offer": {"id": offer.id, "status": "ACCEPTED"},
        "buyer": {"id": buyer.id},
        "seller": {"id": seller.id},
        "product": {"id": offer.product.id},
        "totalValue": {"amount": "10.99", "currency": "EUR"},
        "dimensions": [{"name": "Unit 1"}, {"name": "Unit 3"}],
        "instalments": [],
        "acceptedBy": {"id": buyer.user.id},
        "viewerCan": ["READ"],
    } == answer["agreement"]
    ((kind, address, text),) = await queued_mails(rules_engine)
    assert ("OFFER_ACCEPTED", seller.admin) == (kind, address)
    assert buyer.name in text
    assert "10.99" not in text


async def test_schedule_has_only_one_dimension_R236_V35(client: Client, factory: Factory) -> None:
    """It's the default, and the value is that of the payments."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer], dimensions=[300], instalments=[100, 200])

    answer = await accept(client, buyer.admin, offer)

    assert [] == answer["userErrors"]
    agreement = answer["agreement"]
    assert ("3.00", [{"name": "Unit 1"}]) == (agreement["totalValue"]["amount"], agreement["dimensions"])
    assert ["1.00", "2.00"] == [each["amount"]["amount"] for each in agreement["instalments"]]


async def test_bad_choices_change_nothing_R235_V35(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Nothing chosen, a dimension of another offer or one that is named twice, another version, or another company."""
    seller, buyer, stranger = await factory.company(), await factory.company(), await factory.company()
    offer, other = await factory.offer(seller, [buyer]), await factory.offer(seller, [buyer])
    (own,), (strange,) = [await choice(client, buyer.admin, each, 0) for each in (offer, other)]
    before = await stored_rows(rules_engine)

    async def errors(viewer: str = buyer.admin, **values: Any) -> Any:
        return (await accept(client, viewer, offer, **{"dimensionIds": [own], **values}))["userErrors"]

    assert [user_error("REQUIRED", "dimensionIds")] == await errors(dimensionIds=[])
    assert [user_error("NOT_FOUND", "dimensionIds", "0")] == await errors(dimensionIds=[strange])
    assert [user_error("DUPLICATE", "dimensionIds", "1")] == await errors(dimensionIds=[own, own])
    assert [user_error("INVALID_ID", "dimensionIds", "0")] == await errors(dimensionIds=[offer.id])
    assert [user_error("CONFLICT", "version")] == await errors(version=2)
    assert [user_error("INVALID_ID", "id")] == await errors(id="nonsense")
    assert [user_error("NOT_FOUND", "companyId")] == await errors(companyId=stranger.id)
    assert [user_error("NOT_FOUND", "id")] == await errors(stranger.admin)
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", ROLES)
async def test_only_administrators_and_finance_users_of_a_buyer_accept_V35(client: Client, factory: Factory, role: str) -> None:
    """Other roles that read the offer are told that they can't. The seller can't accept for its buyer."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer])
    dimensions = await choice(client, buyer.admin, offer, 0)
    user = await factory.user(buyer, role)

    by_seller = await accept(client, seller.admin, offer, dimensionIds=dimensions)
    answer = await accept(client, user.email, offer, dimensionIds=dimensions)

    assert [user_error("FORBIDDEN", "id")] == by_seller["userErrors"]
    may, reads = role in ROLES[:2], role != "NETWORK_ADMIN"
    assert ([] if may else [user_error("FORBIDDEN" if reads else "NOT_FOUND", "id")]) == answer["userErrors"]


@pytest.mark.parametrize(("pricing", "approval"), [(True, False), (False, False), (True, True)])
async def test_partner_accepts_for_an_account_that_cannot_V13_V14_V35_X7(
    client: Client, factory: Factory, pricing: bool, approval: bool
) -> None:
    """An account accepts for itself only if it sees prices and its orders need no approval. Its partner always can."""
    partner, seller = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner, pricing=pricing, order_approval=approval)
    offer = await factory.offer(seller, [account.company])
    dimensions = await choice(client, partner.admin, offer, 0)

    own = await accept(client, account.admin, offer, dimensionIds=dimensions)
    if not own["userErrors"]:
        assert pricing
        assert not approval
        return
    acting = await accept(client, partner.admin, offer, dimensionIds=dimensions, companyId=account.company.id)
    read = (await client(account.admin, READ, id=acting["agreement"]["id"])).data["node"]

    assert [user_error("FORBIDDEN", "id")] == own["userErrors"]
    assert ([], {"id": account.company.id}) == (acting["userErrors"], acting["agreement"]["buyer"])
    assert ("ACTIVE", None) == (read["status"], read["acceptedBy"])
    assert pricing == (read["totalValue"] is not None)


async def test_partner_names_a_buyer_of_the_offer_V35(client: Client, factory: Factory) -> None:
    """Without `companyId` it would accept for itself, and neither it nor another of its accounts is a buyer."""
    partner, seller = await factory.partner(), await factory.company()
    account, other = [await factory.managed_account(partner) for _ in range(2)]
    offer = await factory.offer(seller, [account.company])
    dimensions = await choice(client, partner.admin, offer, 0)

    own = await accept(client, partner.admin, offer, dimensionIds=dimensions)
    wrong = await accept(client, partner.admin, offer, dimensionIds=dimensions, companyId=other.company.id)

    assert [user_error("INVALID_VALUE", "companyId")] == own["userErrors"] == wrong["userErrors"]


async def test_unverified_company_accepts_nothing_V47_V73(client: Client, factory: Factory) -> None:
    """The error says why."""
    seller, buyer = await factory.company(), await factory.company(verification_status="PENDING")
    offer = await factory.offer(seller, [buyer])

    answer = await accept(client, buyer.admin, offer, dimensionIds=await choice(client, buyer.admin, offer, 0))

    assert [user_error("COMPANY_NOT_VERIFIED")] == answer["userErrors"]


async def test_each_buyer_accepts_once_until_the_offer_expires_A29_V4_V19_V36(client: Client, factory: Factory) -> None:
    """An ACCEPTED offer can be accepted by its other buyers, who meet their own agreement only."""
    seller, first, second = await factory.company(), await factory.company(), await factory.company()
    offer = await factory.offer(seller, [first, second])
    dimensions = await choice(client, seller.admin, offer, 0)
    query = "query ($id: ID!) { node(id: $id) { ... on Offer { isFinal agreements { nodes { buyer { id } } totalCount } } } }"

    accepted = await accept(client, first.admin, offer, dimensionIds=dimensions)
    again = await accept(client, first.admin, offer, dimensionIds=dimensions)
    others = await accept(client, second.admin, offer, dimensionIds=dimensions)

    assert [] == accepted["userErrors"] == others["userErrors"]
    assert [user_error("DUPLICATE", "id")] == again["userErrors"]
    for viewer, buyers in ((seller, [first, second]), (first, [first]), (second, [second])):
        node = (await client(viewer.admin, query, id=offer.id)).data["node"]
        assert [{"buyer": {"id": buyer.id}} for buyer in buyers] == node["agreements"]["nodes"]
        assert (len(buyers), False) == (node["agreements"]["totalCount"], node["isFinal"])


@pytest.mark.parametrize("status", ["PUBLISHED", "ACCEPTED", "EXPIRED", "WITHDRAWN"])
async def test_nothing_is_accepted_after_the_last_day_R241_V5_V36_V41(client: Client, factory: Factory, status: str) -> None:
    """Whether or not the job has run."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer], status=status, expires_on=now().date() - timedelta(days=1))

    answer = await accept(client, buyer.admin, offer, dimensionIds=await choice(client, buyer.admin, offer, 0))

    assert [user_error("ILLEGAL_STEP")] == answer["userErrors"]


async def test_what_is_accepted_is_what_was_read_R245(client: Client, factory: Factory) -> None:
    """A change of the seller's makes another version, which the buyer has to read first."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer])
    await send(client, seller.admin, "updateOffer", "offer { version }", id=offer.id, version=1, name="Another name")
    dimensions = await choice(client, buyer.admin, offer, 0)

    late = await accept(client, buyer.admin, offer, dimensionIds=dimensions)
    good = await accept(client, buyer.admin, offer, dimensionIds=dimensions, version=2)

    assert [user_error("CONFLICT", "version")] == late["userErrors"]
    assert [] == good["userErrors"]


async def test_concurrent_acceptances_make_one_agreement_A29_V36(client: Client, factory: Factory) -> None:
    """Two users of a buyer accept at once, while the seller changes the offer: exactly one of the three succeeds."""
    seller, buyer = await factory.company(), await factory.company()
    colleague = await factory.user(buyer, "FINANCE")
    for _ in range(5):
        offer = await factory.offer(seller, [buyer])
        dimensions = await choice(client, buyer.admin, offer, 0)

        answers = await asyncio.gather(
            accept(client, buyer.admin, offer, dimensionIds=dimensions),
            accept(client, colleague.email, offer, dimensionIds=dimensions),
            send(client, seller.admin, "updateOffer", "offer { version }", id=offer.id, version=1, name="Another name"),
        )

        codes = sorted(error["code"] for answer in answers for error in answer["userErrors"])
        assert codes in (["CONFLICT", "CONFLICT"], ["DUPLICATE", "ILLEGAL_STEP"])


async def test_support_cancels_with_a_reason_that_both_sides_read_V38_V69(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Nobody else can, and nothing is cancelled twice."""
    support, seller, buyer = await factory.support(), await factory.company(), await factory.company()
    agreement = await agreed(client, factory, seller, buyer)
    query = "query ($id: ID!) { node(id: $id) { ... on Agreement { status isFinal cancellationReason } } }"
    mutation = "cancelAgreement"

    refused = [await send(client, who.admin, mutation, AGREED, id=agreement["id"], reason="No.") for who in (seller, buyer)]
    blank = await send(client, support.email, mutation, AGREED, id=agreement["id"], reason=" ")
    answer = await send(client, support.email, mutation, AGREED, id=agreement["id"], reason="The seller is gone.")
    again = await send(client, support.email, mutation, AGREED, id=agreement["id"], reason="Once more.")

    assert [[user_error("FORBIDDEN", "id")]] * 2 == [each["userErrors"] for each in refused]
    assert [user_error("REQUIRED", "reason")] == blank["userErrors"]
    assert [] == answer["userErrors"]
    assert None is not answer["agreement"]["endedAt"]
    assert [user_error("ILLEGAL_STEP")] == again["userErrors"]
    for who in (seller, buyer):
        node = (await client(who.admin, query, id=agreement["id"])).data["node"]
        assert {"status": "CANCELLED", "isFinal": True, "cancellationReason": "The seller is gone."} == node
    mails = [mail[:2] for mail in await queued_mails(rules_engine) if mail[0] == "AGREEMENT_CANCELLED"]
    assert [("AGREEMENT_CANCELLED", buyer.admin), ("AGREEMENT_CANCELLED", seller.admin)] == mails


async def test_agreement_ends_on_the_day_after_its_last_R233_V38_V41(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It's shown and filtered so before the job has run, with the time when it ended."""
    seller, buyer = await factory.company(), await factory.company()
    agreement = await agreed(client, factory, seller, buyer)
    yesterday = now().date() - timedelta(days=1)
    await factory.end_agreements(yesterday)
    query = "{ agreements(filter: {status: ENDED}) { nodes { id status endedAt isFinal viewerCan } } }"

    before = await client(buyer.admin, query)
    await end_agreements(rules_engine, URL)
    after = await client(buyer.admin, query)

    expected = {"id": agreement["id"], "status": "ENDED", "endedAt": f"{now().date()}T00:00:00+00:00", "isFinal": True}
    assert [{**expected, "viewerCan": ["READ"]}] == before.data["agreements"]["nodes"] == after.data["agreements"]["nodes"]


async def test_nobody_else_meets_an_agreement_V4_V14_V19(client: Client, factory: Factory) -> None:
    """Both sides, their partners and the operator read it, in the roles that read offers."""
    partner, operator, stranger = await factory.partner(), await factory.operator(), await factory.company()
    account = await factory.managed_account(partner, pricing=True)
    seller = await factory.company()
    agreement = await agreed(client, factory, seller, account.company)
    network = await factory.user(account.company, "NETWORK_ADMIN")

    found = [
        (await client(who, READ, id=agreement["id"])).data["node"] is not None
        for who in (account.admin, partner.admin, seller.admin, operator.admin, stranger.admin, network.email, None)
    ]

    assert [True] * 4 + [False] * 3 == found


async def test_restricted_product_stays_while_an_agreement_or_offer_keeps_it_R263_A30_V38(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It's REMOVED once the last one is gone."""
    support, seller, buyer = await factory.support(), await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer])
    await factory.change(offer.product, visibility="RESTRICTED", removal_at=now() + timedelta(days=1))
    answer = await accept(client, buyer.admin, offer, dimensionIds=await choice(client, buyer.admin, offer, 0))
    query = "query ($id: ID!) { node(id: $id) { ... on Product { visibility } } }"

    await remove_products(rules_engine, URL)
    kept = await client(seller.admin, query, id=offer.product.id)
    await factory.change(offer, expires_on=now().date() - timedelta(days=1))
    await send(client, support.email, "cancelAgreement", AGREED, id=answer["agreement"]["id"], reason="Over.")
    due = await client(seller.admin, query, id=offer.product.id)

    assert "RESTRICTED" == kept.data["node"]["visibility"]
    assert "REMOVED" == due.data["node"]["visibility"]


async def test_values_are_read_with_prices_or_by_those_who_write_the_offer_V23_V54(client: Client, factory: Factory) -> None:
    """A Marketplace editor of the seller and of its partner reads them. One of the buyer and a buyer without prices don't."""
    partner, buyer = await factory.partner(), await factory.company()
    seller = (await factory.managed_account(partner, pricing=True)).company
    offer = await factory.offer(seller, [buyer], dimensions=[300], instalments=[100, 200])
    agreement = (await accept(client, buyer.admin, offer))["agreement"]["id"]
    query = """query ($id: ID!) { node(id: $id) { ... on Agreement { totalValue { amount } dimensions { price { amount } }
        instalments { amount { amount } } } } }"""

    async def values(email: str) -> list[bool]:
        node = (await client(email, query, id=agreement)).data["node"]
        amounts = [node["totalValue"], *(each["price"] for each in node["dimensions"])]
        return [amount is not None for amount in (*amounts, *(each["amount"] for each in node["instalments"]))]

    editors = [await factory.user(company, "MARKETPLACE_EDITOR") for company in (seller, partner, buyer)]
    finance = await factory.user(buyer, "FINANCE")

    assert [[True] * 4, [True] * 4, [False] * 4] == [await values(editor.email) for editor in editors]
    assert [True] * 4 == await values(finance.email)


NOTICES: Final = "{ notifications(first: 50) { nodes { kind title body } } }"


async def test_mails_and_notifications_are_the_same_whatever_the_price_is_X7_V35(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Two offers that differ in nothing but their prices: every mail of their acceptance and cancellation has the same bytes."""
    partner, seller, support = await factory.partner(), await factory.company(), await factory.support()
    account = await factory.managed_account(partner, pricing=False)
    product = await factory.product(seller, visibility="PUBLIC")

    sent, told = [], []
    for price in (1, 24_999_999):
        earlier = len(await queued_mails(rules_engine))
        offer = await factory.offer(seller, [account.company], product=product, dimensions=[price])
        chosen = {"companyId": account.company.id, "dimensionIds": await choice(client, partner.admin, offer, 0)}
        agreement = (await accept(client, partner.admin, offer, **chosen))["agreement"]
        await send(client, support.email, "cancelAgreement", AGREED, id=agreement["id"], reason="Over.")
        sent.append((await queued_mails(rules_engine))[earlier:])
        told.append((await client(account.admin, NOTICES)).data["notifications"]["nodes"])

    assert sent[0]
    assert told[0]
    assert sent[0] == sent[1]
    assert told[0] + told[0] == told[1]
