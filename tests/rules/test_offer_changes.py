"""Sellers draft, publish, change, extend and withdraw private offers, and the operator approves those of a high value."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from models.base import now
from resolvers.offering.jobs import expire_offers
from tests.client import Client
from tests.factory import Company, Factory, Thing
from tests.rules.mutations import queued_mails, send, stored_rows, user_error

TODAY: Final = now().date()
END: Final = str(TODAY + timedelta(days=365))
EXPIRY: Final = str(TODAY + timedelta(days=30))
TERMS: Final = """offer { id name status paymentModel version contractEndDate expiresOn zeroPriceConfirmed approvalReason
    buyers { id } totalValue { amount currency } dimensions { name unit description price { amount currency } }
    instalments { chargeDate amount { amount currency } } }"""
STATUS: Final = "offer { status version approvalReason rejectionReason totalValue { amount } }"
WRITERS: Final = ("ACCOUNT_ADMIN", "MARKETPLACE_EDITOR")
OTHERS: Final = ("NETWORK_ADMIN", "FINANCE", "VIEWER")
URL: Final = "https://gateway.example"


def terms(*buyers: Thing, **values: Any) -> dict[str, Any]:
    """An offer that can be published, or with other values."""
    return {
        "buyerIds": [buyer.id for buyer in buyers],
        "name": "Sample Foods: cloud review",
        "paymentModel": "UPFRONT",
        "currency": "EUR",
        "dimensions": [
            {"name": "Silver", "unit": "review", "price": "1250.50"},
            {"name": "Gold", "unit": "review", "price": "2000"},
        ],
        "contractEndDate": END,
        "expiresOn": EXPIRY,
        **values,
    }


def schedule(price: str, *amounts: str) -> dict[str, Any]:
    """The terms of an offer with one dimension that is paid in instalments, one a month."""
    payments = [
        {"chargeDate": str(TODAY + timedelta(days=30 * number)), "amount": amount} for number, amount in enumerate(amounts, 1)
    ]
    dimensions = [{"name": "Silver", "unit": "review", "price": price}]
    return {"paymentModel": "SCHEDULE", "dimensions": dimensions, "instalments": payments}


async def visible_company(factory: Factory, **values: Any) -> Company:
    """A company that everyone can see."""
    company = await factory.company(**values)
    await factory.profile(company)
    return company


async def draft(client: Client, viewer: str, product: Thing, *buyers: Thing, **values: Any) -> Any:
    """Create an offer. Return it as the seller reads it."""
    answer = await send(client, viewer, "createOffer", TERMS, productId=product.id, **terms(*buyers, **values))
    assert [] == answer["userErrors"]
    return answer["offer"]


async def published(client: Client, viewer: str, product: Thing, *buyers: Thing, **values: Any) -> Any:
    """Create and publish an offer. Return it as the seller reads it."""
    created = await draft(client, viewer, product, *buyers, **values)
    answer = await send(client, viewer, "publishOffer", TERMS, id=created["id"])
    assert [] == answer["userErrors"]
    return answer["offer"]


async def test_seller_drafts_an_offer_R204_R205_R229_R231_R233_R234_R235_V34(client: Client, factory: Factory) -> None:
    """What was sent can be read back. Its value is the sum of its prices."""
    seller, buyer = await factory.company(), await visible_company(factory)

    offer = await draft(client, seller.admin, await factory.product(seller), buyer)

    assert {"id": offer["id"]} | {
        "name": "Sample Foods: cloud review",
        "status": "DRAFT",
        "paymentModel": "UPFRONT",
        "version": 1,
        "contractEndDate": END,
        "expiresOn": EXPIRY,
        "zeroPriceConfirmed": False,
        "approvalReason": None,
        "buyers": [{"id": buyer.id}],
        "totalValue": {"amount": "3250.50", "currency": "EUR"},
        "dimensions": [
            {"name": "Silver", "unit": "review", "description": None, "price": {"amount": "1250.50", "currency": "EUR"}},
            {"name": "Gold", "unit": "review", "description": None, "price": {"amount": "2000.00", "currency": "EUR"}},
        ],
        "instalments": [],
    } == offer


async def test_draft_may_lack_what_publication_needs_and_is_told_all_at_once_R227_A27_V34_V61_V68_V72(
    client: Client, factory: Factory
) -> None:
    """A name, a payment model and a currency make a draft. `publishOffer` names the draft's fields."""
    seller = await factory.company()
    values = {"name": "Sample", "paymentModel": "SCHEDULE", "currency": "JPY"}
    product = await factory.product(seller)

    created = await send(client, seller.admin, "createOffer", TERMS, productId=product.id, **values)
    answer = await send(client, seller.admin, "publishOffer", STATUS, id=created["offer"]["id"])

    assert [] == created["userErrors"]
    assert None is created["offer"]["expiresOn"]
    assert [
        user_error("REQUIRED", "buyerIds"),
        user_error("REQUIRED", "contractEndDate"),
        user_error("REQUIRED", "expiresOn"),
        user_error("REQUIRED", "dimensions"),
        user_error("REQUIRED", "instalments"),
    ] == answer["userErrors"]


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
@pytest.mark.parametrize("role", WRITERS + OTHERS)
async def test_only_writers_of_the_seller_or_its_partner_make_offers_R204_V14_V34(
    client: Client, factory: Factory, kind: str, role: str
) -> None:
    """Account administrators and Marketplace editors do, and those of its partner."""
    partner = await factory.partner()
    company = (await factory.managed_account(partner)).company if kind == "MANAGED" else await factory.company(kind=kind)
    product = await factory.product(company, visibility="PUBLIC")
    user, colleague = await factory.user(company, role), await factory.user(partner, role)

    own = await send(client, user.email, "createOffer", "offer { name }", productId=product.id, **terms())
    acting = await send(client, colleague.email, "createOffer", "offer { name }", productId=product.id, **terms())

    may = role in WRITERS
    assert ([] if may else [user_error("FORBIDDEN", "productId")]) == own["userErrors"]
    assert ([] if may and kind == "MANAGED" else [user_error("FORBIDDEN", "productId")]) == acting["userErrors"]


WRONG: Final[dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]] = {
    "an email address R232 A25": ({"name": "For jane@sample.example"}, [user_error("PERSONAL_DATA", "name")]),
    "a phone number R232 A25": ({"name": "Call +49 69 5550100"}, [user_error("PERSONAL_DATA", "name")]),
    "a national phone number R232 A25": ({"name": "Call (069) 555-0100"}, [user_error("PERSONAL_DATA", "name")]),
    "a long name V7": ({"name": "a" * 151}, [user_error("TOO_LONG", "name")]),
    "a blank name R231": ({"name": " "}, [user_error("REQUIRED", "name")]),
    "an unknown currency": ({"currency": "CHF"}, [user_error("INVALID_VALUE", "currency")]),
    "a negative price": (
        {"dimensions": [{"name": "A", "unit": "a", "price": "-1"}]},
        [user_error("INVALID_VALUE", "dimensions", "0", "price")],
    ),
    "a third decimal": (
        {"dimensions": [{"name": "A", "unit": "a", "price": "1.001"}]},
        [user_error("INVALID_VALUE", "dimensions", "0", "price")],
    ),
    "a decimal of a yen": (
        {"currency": "JPY", "dimensions": [{"name": "A", "unit": "a", "price": "1.5"}]},
        [user_error("INVALID_VALUE", "dimensions", "0", "price")],
    ),
    "a huge price": (
        {"dimensions": [{"name": "A", "unit": "a", "price": "1E+999999"}]},
        [user_error("INVALID_VALUE", "dimensions", "0", "price")],
    ),
    "no number": (
        {"dimensions": [{"name": "A", "unit": "a", "price": "NaN"}]},
        [user_error("INVALID_VALUE", "dimensions", "0", "price")],
    ),
    "two dimensions with one name": (
        {"dimensions": [{"name": "A", "unit": "a", "price": "1"}] * 2},
        [user_error("DUPLICATE", "dimensions", "1", "name")],
    ),
    "25 dimensions V7": (
        {"dimensions": [{"name": f"A{n}", "unit": "a", "price": "1"} for n in range(25)]},
        [user_error("TOO_MANY", "dimensions")],
    ),
    "61 instalments V7": (
        {"instalments": [{"chargeDate": str(TODAY + timedelta(days=n)), "amount": "1"} for n in range(61)]},
        [user_error("TOO_MANY", "instalments")],
    ),
    "two payments on one day A28": (
        {"instalments": [{"chargeDate": END, "amount": "1"}] * 2},
        [user_error("DUPLICATE", "instalments", "1", "chargeDate")],
    ),
    "payments backwards A28": (
        {"instalments": [{"chargeDate": END, "amount": "1"}, {"chargeDate": EXPIRY, "amount": "1"}]},
        [user_error("INVALID_VALUE", "instalments", "1", "chargeDate")],
    ),
}


@pytest.mark.parametrize("case", WRONG)
async def test_draft_refuses_what_is_wrong_R231_R232_A25_A28_V7_V61(
    client: Client, factory: Factory, rules_engine: AsyncEngine, case: str
) -> None:
    """Nothing is stored, for a new offer or for a change of one."""
    seller = await factory.company()
    product = await factory.product(seller)
    values, errors = WRONG[case]
    own = await draft(client, seller.admin, product)
    before = await stored_rows(rules_engine)

    created = await send(client, seller.admin, "createOffer", STATUS, productId=product.id, **terms(**values))
    updated = await send(client, seller.admin, "updateOffer", STATUS, id=own["id"], version=1, **terms(**values))

    assert errors == created["userErrors"] == updated["userErrors"]
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize(
    "name", ["Review 2026-2027", "Support until 2027-12-31", "10,000 GB for Sample Foods", "Plan 1.10.2026"]
)
async def test_dates_and_quantities_are_no_phone_numbers_A25(client: Client, factory: Factory, name: str) -> None:
    """A name may say when and how much."""
    seller = await factory.company()

    assert name == (await draft(client, seller.admin, await factory.product(seller), name=name))["name"]


async def test_buyers_are_other_companies_that_the_seller_knows_R227_A27_V34(client: Client, factory: Factory) -> None:
    """An id that doesn't exist and one that the seller can't read get the same error. Nobody is named twice, nor the seller."""
    seller, hidden, buyer = await factory.company(), await factory.company(), await visible_company(factory)
    product = await factory.product(seller)
    absent = Thing("Company", product.key)

    strange = await send(client, seller.admin, "createOffer", STATUS, productId=product.id, **terms(hidden, absent))
    again = await send(client, seller.admin, "createOffer", STATUS, productId=product.id, **terms(buyer, buyer, seller))
    many = await send(client, seller.admin, "createOffer", STATUS, productId=product.id, **terms(*[buyer] * 26))

    assert [user_error("NOT_FOUND", "buyerIds", "0"), user_error("NOT_FOUND", "buyerIds", "1")] == strange["userErrors"]
    assert [user_error("DUPLICATE", "buyerIds", "1"), user_error("INVALID_VALUE", "buyerIds", "2")] == again["userErrors"]
    assert [user_error("TOO_MANY", "buyerIds")] == many["userErrors"]


@pytest.mark.parametrize("visibility", ["LIMITED", "PUBLIC", "RESTRICTED", "REMOVED", None])
async def test_only_available_products_are_offered_R226_A24_V6(
    client: Client, factory: Factory, visibility: str | None
) -> None:
    """LIMITED ones are. Deleted ones aren't, and nobody can make an offer for a draft."""
    seller = await factory.company()
    product = await factory.product(seller, **({"visibility": visibility} if visibility else {"published_at": None}))

    answer = await send(client, seller.admin, "createOffer", STATUS, productId=product.id, **terms())

    available = visibility in ("LIMITED", "PUBLIC")
    code = "PRODUCT_NOT_AVAILABLE" if visibility else "FORBIDDEN"
    assert ([] if available else [user_error(code, "productId")]) == answer["userErrors"]


async def test_offer_is_published_at_once_and_nobody_hears_of_it_R243_R244_R246_V11_V19(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The buyer meets it from then on, and gets no email: the seller sends it the URL."""
    seller, buyer = await factory.company(), await visible_company(factory)
    offer = await draft(client, seller.admin, await factory.product(seller), buyer)
    query = "query ($id: ID!) { node(id: $id) { ... on Offer { url status waitsFor { side until } isFinal } } }"

    before = await client(buyer.admin, query, id=offer["id"])
    answer = await send(client, seller.admin, "publishOffer", STATUS, id=offer["id"])
    after = await client(buyer.admin, query, id=offer["id"])

    assert "PUBLISHED" == answer["offer"]["status"]
    assert None is before.data["node"]
    until = f"{date.fromisoformat(EXPIRY) + timedelta(days=1)}T00:00:00+00:00"
    assert {"side": "BUYER", "until": until} == after.data["node"]["waitsFor"]
    assert False is after.data["node"]["isFinal"]
    assert after.data["node"]["url"].endswith(f"/marketplace/offers/{offer['id']}")
    assert [] == await queued_mails(rules_engine)


UNPUBLISHABLE: Final[dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]] = {
    "a zero price R237": (
        {"dimensions": [{"name": "A", "unit": "a", "price": "0"}]},
        [user_error("ZERO_PRICE_NOT_CONFIRMED", "zeroPriceConfirmed")],
    ),
    "a contract that ends today A28": (
        {"contractEndDate": str(TODAY), "expiresOn": str(TODAY)},
        [user_error("INVALID_VALUE", "contractEndDate")],
    ),
    "an offer that has expired A28": (
        {"expiresOn": str(TODAY - timedelta(days=1))},
        [user_error("INVALID_VALUE", "expiresOn")],
    ),
    "an offer that outlives its contract": (
        {"expiresOn": str(date.fromisoformat(END) + timedelta(days=1))},
        [user_error("INVALID_VALUE", "expiresOn")],
    ),
    "instalments of an upfront offer R235": (
        {"instalments": [{"chargeDate": END, "amount": "1"}]},
        [user_error("INVALID_VALUE", "instalments")],
    ),
    "a schedule of another sum R236 A28": (schedule("100.00", "50.00", "49.99"), [user_error("INVALID_VALUE", "instalments")]),
    "a schedule of two dimensions R236": (
        schedule("100.00", "100.00") | {"dimensions": [{"name": n, "unit": "a", "price": "50"} for n in "AB"]},
        [user_error("INVALID_VALUE", "dimensions")],
    ),
    "a payment after the contract A28": (
        schedule("1.00", "1.00")
        | {"instalments": [{"chargeDate": str(date.fromisoformat(END) + timedelta(days=1)), "amount": "1"}]},
        [user_error("INVALID_VALUE", "instalments", "0", "chargeDate")],
    ),
    "a payment of nothing A28 V68": (
        schedule("1.00", "1.00", "0"),
        [user_error("ZERO_PRICE_NOT_CONFIRMED", "instalments", "1", "amount")],
    ),
}


@pytest.mark.parametrize("case", UNPUBLISHABLE)
async def test_publication_checks_prices_payments_and_dates_R235_R236_R237_A28_V34_V68(
    client: Client, factory: Factory, case: str
) -> None:
    """A draft can say it all the same."""
    seller, buyer = await factory.company(), await visible_company(factory)
    values, errors = UNPUBLISHABLE[case]
    offer = await draft(client, seller.admin, await factory.product(seller), buyer, **values)

    answer = await send(client, seller.admin, "publishOffer", STATUS, id=offer["id"])

    assert errors == answer["userErrors"]


async def test_free_offer_is_published_once_it_is_confirmed_R237(client: Client, factory: Factory) -> None:
    """With the confirmation, zero prices and payments are fine."""
    seller, buyer = await factory.company(), await visible_company(factory)
    product = await factory.product(seller)

    upfront = {"dimensions": [{"name": "A", "unit": "a", "price": "0"}], "zeroPriceConfirmed": True}
    free = await published(client, seller.admin, product, buyer, **upfront)
    paid = await published(client, seller.admin, product, buyer, **schedule("5", "0", "5"), zeroPriceConfirmed=True)

    assert ("PUBLISHED", "0.00") == (free["status"], free["totalValue"]["amount"])
    assert ("PUBLISHED", "5.00") == (paid["status"], paid["totalValue"]["amount"])


@pytest.mark.parametrize(
    ("currency", "price", "status"),
    [
        ("USD", "250000.00", "PUBLISHED"),
        ("USD", "250000.01", "PENDING_APPROVAL"),
        ("JPY", "250000", "PUBLISHED"),
        ("JPY", "250001", "PENDING_APPROVAL"),
    ],
)
async def test_offer_above_the_bound_needs_an_approval_R223_R236_A23(
    client: Client, factory: Factory, currency: str, price: str, status: str
) -> None:
    """The bound itself doesn't, in any currency."""
    seller, buyer = await factory.company(), await visible_company(factory)

    offer = await published(
        client, seller.admin, await factory.product(seller), buyer, currency=currency, **schedule(price, price)
    )

    assert status == offer["status"]
    assert (status == "PENDING_APPROVAL") == (offer["approvalReason"] is not None)


async def pending(client: Client, factory: Factory, seller: Company, *buyers: Thing) -> Any:
    """An offer that waits for the operator's approval."""
    price = {"dimensions": [{"name": "A", "unit": "a", "price": "300000"}]}
    return await published(client, seller.admin, await factory.product(seller), *buyers, **price)


async def test_reviewer_approves_or_rejects_R223_R224_A23_V62_V69(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Reviewers hear of it, and the seller of their decision. Buyers meet an approved offer only."""
    seller, buyer, operator = await factory.company(), await visible_company(factory), await factory.operator()
    good, bad = await pending(client, factory, seller, buyer), await pending(client, factory, seller, buyer)

    approved = await send(client, operator.admin, "approveOffer", STATUS, id=good["id"])
    rejected = await send(client, operator.admin, "rejectOffer", STATUS, id=bad["id"], reason="Too dear.")
    again = await send(client, operator.admin, "approveOffer", STATUS, id=bad["id"])
    met = await client(buyer.admin, "{ offers { nodes { id } } }")

    assert ("PUBLISHED", "REJECTED") == (approved["offer"]["status"], rejected["offer"]["status"])
    assert "Too dear." == rejected["offer"]["rejectionReason"]
    assert [user_error("ILLEGAL_STEP")] == again["userErrors"]
    assert [{"id": good["id"]}] == met.data["offers"]["nodes"]
    assert [
        *[("OFFER_SUBMITTED", operator.admin)] * 2,
        ("OFFER_APPROVED", seller.admin),
        ("OFFER_REJECTED", seller.admin),
    ] == [mail[:2] for mail in await queued_mails(rules_engine)]


async def test_nobody_else_decides_A23_V37_V62(client: Client, factory: Factory) -> None:
    """Not the seller, not the operator's support, and not a reviewer who is a member of the seller or of its partner."""
    partner, operator = await factory.partner(), await factory.operator()
    seller, buyer = (await factory.managed_account(partner)).company, await visible_company(factory)
    offer = await pending(client, factory, seller, buyer)
    support, reviewer = await factory.user(operator, "SUPPORT"), await factory.user(operator, "REVIEWER")
    await factory.member(reviewer, partner, "VIEWER")

    async def codes(viewer: str) -> list[str]:
        answer = await send(client, viewer, "approveOffer", STATUS, id=offer["id"])
        return [error["code"] for error in answer["userErrors"]]

    assert ["FORBIDDEN"] == await codes(seller.admin) == await codes(support.email) == await codes(reviewer.email)
    assert ["NOT_FOUND"] == await codes(buyer.admin)
    assert [] == await codes(operator.admin)


async def test_published_offer_changes_until_it_is_accepted_R245_V37(client: Client, factory: Factory) -> None:
    """A change makes a new version. One that raises the value above the bound hides it from its buyers until it's approved."""
    seller, buyer, operator = await factory.company(), await visible_company(factory), await factory.operator()
    offer = await published(client, seller.admin, await factory.product(seller), buyer)
    dear = [{"name": "Gold", "unit": "review", "price": "250000.01"}]

    async def change(version: int, **values: Any) -> Any:
        return await send(client, seller.admin, "updateOffer", STATUS, id=offer["id"], version=version, **values)

    renamed = await change(1, name="Another name")
    late = await change(1, name="A third name")
    shorter = await change(2, expiresOn=str(TODAY + timedelta(days=1)))
    broken = await change(2, dimensions=[])
    raised = await change(2, dimensions=dear)
    hidden = await client(buyer.admin, "query ($id: ID!) { node(id: $id) { id } }", id=offer["id"])
    locked = await change(3, name="A fourth name")
    await send(client, operator.admin, "approveOffer", STATUS, id=offer["id"])
    kept = await change(3, name="A fifth name")

    assert ("PUBLISHED", 2) == (renamed["offer"]["status"], renamed["offer"]["version"])
    assert [user_error("CONFLICT", "version")] == late["userErrors"]
    assert [user_error("INVALID_VALUE", "expiresOn")] == shorter["userErrors"]
    assert [user_error("REQUIRED", "dimensions")] == broken["userErrors"]
    assert ("PENDING_APPROVAL", 3) == (raised["offer"]["status"], raised["offer"]["version"])
    assert None is hidden.data["node"]
    assert [user_error("ILLEGAL_STEP")] == locked["userErrors"]
    assert ("PUBLISHED", 4) == (kept["offer"]["status"], kept["offer"]["version"])


async def test_accepted_offer_stays_as_it_is_R245_V36(client: Client, factory: Factory) -> None:
    """It isn't changed, extended or withdrawn."""
    seller, buyer = await factory.company(), await visible_company(factory)
    offer = await factory.offer(seller, [buyer], status="ACCEPTED")

    changed = await send(client, seller.admin, "updateOffer", STATUS, id=offer.id, version=1, name="Sample")
    extended = await send(client, seller.admin, "extendOffer", STATUS, id=offer.id, expiresOn="2031-01-01")
    withdrawn = await send(client, seller.admin, "withdrawOffer", STATUS, id=offer.id)

    assert [user_error("ILLEGAL_STEP")] == changed["userErrors"] == extended["userErrors"] == withdrawn["userErrors"]


async def test_offer_is_extended_and_not_shortened_R241_R242_A26(client: Client, factory: Factory) -> None:
    """The new date is later than the current one, and within the contract."""
    seller, buyer = await factory.company(), await visible_company(factory)
    offer = await published(client, seller.admin, await factory.product(seller), buyer)

    async def extend(day: str) -> Any:
        return await send(client, seller.admin, "extendOffer", "offer { expiresOn version }", id=offer["id"], expiresOn=day)

    same, outside = await extend(EXPIRY), await extend(str(date.fromisoformat(END) + timedelta(days=1)))
    later = await extend(END)

    assert [user_error("INVALID_VALUE", "expiresOn")] == same["userErrors"] == outside["userErrors"]
    assert {"expiresOn": END, "version": 1} == later["offer"]


async def test_offer_counts_as_expired_from_the_end_of_its_last_day_R241_A26_V5_V41(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It's shown and filtered so before the job has run, is final, and isn't extended or withdrawn. The seller hears of it."""
    seller, buyer = await factory.company(), await visible_company(factory)
    last_day = now().date()  # TODAY may be over since the tests were collected
    offer = await factory.offer(seller, [buyer], status="PUBLISHED", expires_on=last_day - timedelta(days=1))
    today = await factory.offer(seller, [buyer], status="PUBLISHED", expires_on=last_day)
    query = "{ offers(filter: {status: EXPIRED}) { nodes { id status isFinal waitsFor { side } viewerCan } } }"

    before = await client(seller.admin, query)
    extended = await send(client, seller.admin, "extendOffer", STATUS, id=offer.id, expiresOn="2031-01-01")
    withdrawn = await send(client, seller.admin, "withdrawOffer", STATUS, id=offer.id)
    changed = await send(client, seller.admin, "updateOffer", STATUS, id=offer.id, version=1, name="Sample")
    await expire_offers(rules_engine, URL)
    after = await client(seller.admin, query)
    still = await client(seller.admin, "{ offers(filter: {status: PUBLISHED}) { nodes { id } } }")

    expected = {"id": offer.id, "status": "EXPIRED", "isFinal": True, "waitsFor": None}
    assert [expected] == [{name: each[name] for name in expected} for each in before.data["offers"]["nodes"]]
    assert [{**expected, "viewerCan": ["READ"]}] == after.data["offers"]["nodes"]
    assert [user_error("ILLEGAL_STEP")] == extended["userErrors"] == withdrawn["userErrors"] == changed["userErrors"]
    assert [{"id": today.id}] == still.data["offers"]["nodes"]
    assert [("OFFER_EXPIRED", seller.admin)] == [mail[:2] for mail in await queued_mails(rules_engine)]


async def test_withdrawn_offer_stays_with_its_buyers_R245_V19(client: Client, factory: Factory) -> None:
    """A withdrawal is final. A draft isn't withdrawn, for its buyers never met it."""
    seller, buyer = await factory.company(), await visible_company(factory)
    product = await factory.product(seller)
    offer, unsent = await published(client, seller.admin, product, buyer), await draft(client, seller.admin, product, buyer)

    withdrawn = await send(client, seller.admin, "withdrawOffer", STATUS, id=offer["id"])
    again = await send(client, seller.admin, "withdrawOffer", STATUS, id=offer["id"])
    early = await send(client, seller.admin, "withdrawOffer", STATUS, id=unsent["id"])
    met = await client(buyer.admin, "{ offers { nodes { id status } } }")

    assert "WITHDRAWN" == withdrawn["offer"]["status"]
    assert [user_error("ILLEGAL_STEP")] == again["userErrors"] == early["userErrors"]
    assert [{"id": offer["id"], "status": "WITHDRAWN"}] == met.data["offers"]["nodes"]


async def test_another_currency_needs_all_amounts_again_V61(client: Client, factory: Factory) -> None:
    """An amount never keeps its number in another currency."""
    seller = await factory.company()
    offer = await draft(client, seller.admin, await factory.product(seller))
    prices = [{"name": "Silver", "unit": "review", "price": "1200"}]

    kept = await send(client, seller.admin, "updateOffer", STATUS, id=offer["id"], version=1, currency="JPY")
    given = await send(client, seller.admin, "updateOffer", TERMS, id=offer["id"], version=1, currency="JPY", dimensions=prices)

    assert [user_error("REQUIRED", "dimensions")] == kept["userErrors"]
    assert {"amount": "1200", "currency": "JPY"} == given["offer"]["totalValue"]


@pytest.mark.parametrize("role", WRITERS + OTHERS)
async def test_writers_read_the_prices_that_they_write_and_no_others_V23_V54(
    client: Client, factory: Factory, role: str
) -> None:
    """A Marketplace editor reads the prices of its own company's offers, but not of those that it receives."""
    seller, other = await factory.company(), await factory.company()
    made = await factory.offer(seller, [other], status="PUBLISHED", dimensions=[100])
    received = await factory.offer(other, [seller], status="PUBLISHED", dimensions=[100])
    user = await factory.user(seller, role)
    query = "query ($id: ID!) { node(id: $id) { ... on Offer { totalValue { amount } dimensions { price { amount } } } } }"

    async def prices(offer: Thing) -> Any:
        return (await client(user.email, query, id=offer.id)).data["node"]

    shown = {"totalValue": {"amount": "1.00"}, "dimensions": [{"price": {"amount": "1.00"}}]}
    hidden = {"totalValue": None, "dimensions": [{"price": None}]}
    reads_prices = role in ("ACCOUNT_ADMIN", "FINANCE", "VIEWER")
    expected = {"NETWORK_ADMIN": None}
    assert expected.get(role, shown) == await prices(made)
    assert expected.get(role, shown if reads_prices else hidden) == await prices(received)
