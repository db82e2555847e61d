"""Lists of offers: by statuses, by buyer and by the day on which they expire, at the root and below companies and products."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pytest

from tests.client import Client
from tests.factory import Factory
from tests.rules.answers import ids

LISTED: Final = """query ($filter: OfferFilter, $order: OfferOrder, $first: Int, $last: Int, $after: String, $before: String) {
    offers(filter: $filter, orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
        nodes { id } totalCount pageInfo { endCursor hasNextPage }
    }
}"""
BELOW: Final = """query ($id: ID!, $filter: OfferFilter, $order: OfferOrder) { node(id: $id) {
    ... on Company { made: offers(filter: $filter, orderBy: $order) { nodes { id } totalCount } }
    ... on Company { received: receivedOffers(filter: $filter, orderBy: $order) { nodes { id } totalCount } }
    ... on Product { made: offers(filter: $filter, orderBy: $order) { nodes { id } totalCount } }
} }"""
PASSED: Final = date(2026, 1, 31)
SOON, LATER = date(2028, 2, 29), date(2029, 1, 1)


async def found(client: Client, viewer: str, **filters: Any) -> dict[str, Any]:
    """Return the offers that a filter finds."""
    answer = await client(viewer, LISTED, filter=filters)
    page = answer.data["offers"]
    return {"nodes": page["nodes"], "totalCount": page["totalCount"]}


async def below(client: Client, viewer: str, parent: Any, order: str | None = None, **filters: Any) -> Any:
    """Return the lists of offers below a company or product."""
    answer = await client(viewer, BELOW, id=parent.id, filter=filters, order=order and {"field": order})
    assert answer.errors == []
    return answer.data["node"]


async def test_several_statuses_are_matched_as_they_hold_now_V41(client: Client, factory: Factory) -> None:
    """An offer whose expiry has passed counts as expired for its seller and its buyer, though no job has run."""
    seller, buyer = await factory.company(), await factory.company()
    draft = await factory.offer(seller, [buyer], status="DRAFT")
    due = await factory.offer(seller, [buyer], expires_on=PASSED)
    open_offer = await factory.offer(seller, [buyer])
    withdrawn = await factory.offer(seller, [buyer], status="WITHDRAWN")

    assert ids(due, withdrawn) == await found(client, seller.admin, statuses=["WITHDRAWN", "EXPIRED"])
    assert ids(draft, open_offer) == await found(client, seller.admin, statuses=["PUBLISHED", "DRAFT"])
    assert ids(open_offer) == await found(client, buyer.admin, statuses=["PUBLISHED", "DRAFT"])
    assert ids(due) == await found(client, buyer.admin, statuses=["EXPIRED"])
    assert ids(due) == await found(client, buyer.admin, status="EXPIRED", statuses=["EXPIRED", "PUBLISHED"])
    assert ids() == await found(client, buyer.admin, statuses=[])


async def test_list_follows_each_step_of_an_offer_V41(client: Client, factory: Factory) -> None:
    """What the gateway changes about an offer changes the lists of its buyers at once."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer])
    withdraw = (
        "mutation ($input: WithdrawOfferInput!) { withdrawOffer(input: $input) { offer { status } userErrors { code } } }"
    )
    extend = "mutation ($input: ExtendOfferInput!) { extendOffer(input: $input) { offer { expiresOn } userErrors { code } } }"

    extended = await client(seller.admin, extend, input={"id": offer.id, "expiresOn": "2029-06-30"})
    late = await found(client, buyer.admin, expiresFrom="2029-06-30")
    withdrawn = await client(seller.admin, withdraw, input={"id": offer.id})

    assert [] == extended.data["extendOffer"]["userErrors"] == withdrawn.data["withdrawOffer"]["userErrors"]
    assert ids(offer) == late
    assert ids() == await found(client, buyer.admin, statuses=["PUBLISHED"])
    assert ids(offer) == await found(client, buyer.admin, statuses=["WITHDRAWN"])


async def test_filter_by_buyer_tells_nobody_of_other_buyers_V19(client: Client, factory: Factory) -> None:
    """A seller, its partner and the operator list the offers to a buyer. Another buyer of the same offer finds nothing by it."""
    partner, operator = await factory.partner(), await factory.operator()
    seller = (await factory.managed_account(partner)).company
    buyer, other = await factory.company(), await factory.company()
    shared, alone = await factory.offer(seller, [buyer, other]), await factory.offer(seller, [buyer])
    draft = await factory.offer(seller, [buyer], status="DRAFT")

    for viewer in (seller.admin, partner.admin, operator.admin):
        assert ids(shared, alone, draft) == await found(client, viewer, buyerId=buyer.id)
        assert ids(shared) == await found(client, viewer, buyerId=other.id)
    assert ids(shared, alone) == await found(client, buyer.admin, buyerId=buyer.id)
    assert ids() == await found(client, buyer.admin, buyerId=other.id)
    assert ids() == await found(client, other.admin, buyerId=buyer.id)


async def test_rival_finds_only_its_own_offers_by_buyer_V19(client: Client, factory: Factory) -> None:
    """A seller doesn't learn what a buyer gets from others."""
    seller, rival, buyer = await factory.company(), await factory.company(), await factory.company()
    await factory.offer(rival, [buyer])
    ours = await factory.offer(seller, [buyer])

    assert ids(ours) == await found(client, seller.admin, buyerId=buyer.id)


async def test_partner_lists_offers_to_each_of_its_accounts_V14_V19(client: Client, factory: Factory) -> None:
    """A partner lists what one of its accounts received. The account doesn't see what its sibling received."""
    partner, seller = await factory.partner(), await factory.company()
    one, two = [(await factory.managed_account(partner)).company for _ in range(2)]
    first, both = await factory.offer(seller, [one]), await factory.offer(seller, [one, two])

    assert ids(first, both) == await found(client, partner.admin, buyerId=one.id)
    assert ids(both) == await found(client, partner.admin, buyerId=two.id)
    assert ids() == await found(client, one.admin, buyerId=two.id)
    assert ids(first, both) == await found(client, partner.admin)


@pytest.mark.parametrize("viewer", ["seller", "buyer"])
async def test_range_of_expiry_includes_its_days_R241(client: Client, factory: Factory, viewer: str) -> None:
    """A range includes both of its days. It sorts by expiry, and leaves out drafts that have none."""
    companies = {"seller": await factory.company(), "buyer": await factory.company()}
    email = companies[viewer].admin
    later = await factory.offer(companies["seller"], [companies["buyer"]], expires_on=LATER)
    soon = await factory.offer(companies["seller"], [companies["buyer"]], expires_on=SOON)
    await factory.offer(companies["seller"], [companies["buyer"]], status="DRAFT", expires_on=None)

    assert ids(soon, later) == await found(client, email, expiresFrom="2028-02-29", expiresTo="2029-01-01")
    assert ids(later) == await found(client, email, expiresFrom="2028-03-01")
    assert ids(soon) == await found(client, email, expiresTo="2028-12-31")
    assert ids() == await found(client, email, expiresTo="2028-02-28")


async def pages(client: Client, viewer: str, order: dict[str, str]) -> list[str]:
    """Return the IDs of all offers in an order, read one by one."""
    collected: list[str] = []
    after = None
    while True:
        answer = await client(viewer, LISTED, order=order, first=1, after=after)
        page = answer.data["offers"]
        collected += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return collected
        after = page["pageInfo"]["endCursor"]


async def test_pages_are_sorted_by_expiry_R241(client: Client, factory: Factory) -> None:
    """For a buyer, its partner, the seller and the operator, pages in both directions hold each offer once."""
    partner, seller, operator = await factory.partner(), await factory.company(), await factory.operator()
    one, two = [(await factory.managed_account(partner)).company for _ in range(2)]
    days = [date(2029, 3, 1), SOON, LATER, SOON, PASSED]
    offers = [await factory.offer(seller, [one, two], expires_on=day) for day in days]
    by_expiry = [offers[place].id for place in (4, 1, 3, 2, 0)]

    for viewer in (one.admin, partner.admin, seller.admin, operator.admin):
        assert by_expiry == await pages(client, viewer, {"field": "EXPIRES_ON"})
        assert by_expiry[::-1] == await pages(client, viewer, {"field": "EXPIRES_ON", "direction": "DESC"})


async def test_lists_below_companies_and_products_have_the_same_filters_V19(client: Client, factory: Factory) -> None:
    """Filters and orders narrow the offers that a company made or received, and those for a product."""
    seller, buyer, other = await factory.company(), await factory.company(), await factory.company()
    product = await factory.product(seller, visibility="PUBLIC")
    both = await factory.offer(seller, [buyer, other], product=product, expires_on=LATER)
    soon = await factory.offer(seller, [buyer], product=product, expires_on=SOON)
    await factory.offer(seller, [other], product=product, status="WITHDRAWN")

    for parent in (seller, product):
        made = await below(client, seller.admin, parent, buyerId=buyer.id, statuses=["PUBLISHED"])
        sorted_by_expiry = await below(client, seller.admin, parent, "EXPIRES_ON", statuses=["PUBLISHED"])
        others = await below(client, buyer.admin, parent, buyerId=other.id)
        assert [ids(both, soon), ids(soon, both), ids()] == [each["made"] for each in (made, sorted_by_expiry, others)]
    received = await below(client, seller.admin, buyer, "EXPIRES_ON", status="PUBLISHED")
    shared = await below(client, seller.admin, buyer, buyerId=other.id)
    hidden = await below(client, buyer.admin, buyer, buyerId=other.id)
    assert [ids(soon, both), ids(both), ids()] == [each["received"] for each in (received, shared, hidden)]


@pytest.mark.parametrize(
    ("narrowed", "code"),
    [
        ({"buyerId": "nonsense"}, "INVALID_ID"),
        ({"expiresFrom": "2029-02-29"}, "BAD_USER_INPUT"),
        ({"statuses": ["UNKNOWN"]}, "BAD_USER_INPUT"),
    ],
)
async def test_invalid_filter_values_get_coded_errors_R241_V19(
    client: Client, factory: Factory, narrowed: dict[str, Any], code: str
) -> None:
    """An ID that is none, a day that isn't in the calendar and an unknown status."""
    company = await factory.company()

    answer = await client(company.admin, LISTED, filter=narrowed)

    assert [code] == answer.codes


async def test_filter_by_a_company_without_offers_finds_none_V19(client: Client, factory: Factory) -> None:
    """The ID of another type is refused, and a company that received nothing has an empty list."""
    seller, company = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [await factory.company()])

    refused = await client(seller.admin, LISTED, filter={"buyerId": offer.id})

    assert ["INVALID_ID"] == refused.codes
    assert ids() == await found(client, seller.admin, buyerId=company.id)
