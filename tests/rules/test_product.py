"""Products: visible to their seller first, then to its test accounts, then to everybody, at last to existing users."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Factory, Thing
from tests.rules.answers import ids, nodes, payload, response_of

FOUND = "query ($id: ID!) { node(id: $id) { id } products { nodes { id } totalCount } }"
OF_COMPANY = "query ($id: ID!) { company(id: $id) { products { nodes { id } totalCount } } }"
PRODUCT = "query ($id: ID!) { node(id: $id) { ... on Product { company { id } title kind visibility categories } } }"
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
BEFORE_PUBLICATION = ["DRAFT", "PENDING_APPROVAL", "REJECTED"]
FROM_PUBLICATION_ON = ["PUBLISHED", "ACCEPTED", "EXPIRED", "WITHDRAWN"]
NOTHING = payload({"node": None, "products": ids()})


def found(product: Thing) -> dict[str, Any]:
    """Return the answer to FOUND for a viewer that reads the product, and no other."""
    return payload({"node": {"id": product.id}, "products": ids(product)})


@pytest.mark.parametrize("role", ROLES)
async def test_new_product_is_visible_to_its_seller_R218_R253_V23(ask: Client, given: Factory, role: str) -> None:
    """Every user of the seller reads a limited product."""
    seller = await given.company()
    product = await given.product(seller)
    user = await given.user(seller, role)

    answer = await ask(user.email, FOUND, id=product.id)

    assert found(product) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_new_product_is_hidden_from_others_R218_R253(ask: Client, given: Factory, kind: str) -> None:
    """A limited product is hidden from every other account, as if it didn't exist."""
    product = await given.product(await given.company())
    email = await given.somebody(kind)

    hidden_one = await ask(email, FOUND, id=product.id)
    await given.no_more(product)
    absent_one = await ask(email, FOUND, id=product.id)

    assert NOTHING == response_of(hidden_one)
    assert absent_one.body == hidden_one.body


@pytest.mark.parametrize("visibility", ["LIMITED", "RESTRICTED", "REMOVED"])
@pytest.mark.parametrize("asking", ["the seller", "its partner", "the operator"])
async def test_seller_partner_and_operator_read_a_managed_sellers_product_V14_R253(
    ask: Client, given: Factory, asking: str, visibility: str
) -> None:
    """The seller, its managing partner and the operator read a product in every state."""
    partner, operator = await given.partner(), await given.operator()
    seller = (await given.managed_account(partner)).company
    product = await given.product(seller, visibility=visibility)
    email = {"the seller": seller.admin, "its partner": partner.admin}.get(asking, operator.admin)

    answer = await ask(email, FOUND, id=product.id)

    assert found(product) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_public_product_is_visible_to_everybody_R254(ask: Client, given: Factory, kind: str) -> None:
    """Everybody finds a product that its seller makes public, also below the seller."""
    seller = await given.company()
    product = await given.product(seller, visibility="PUBLIC")
    email = await given.somebody(kind)

    answer, below = await ask(email, FOUND, id=product.id), await ask(email, OF_COMPANY, id=seller.id)

    assert found(product) == response_of(answer)
    assert payload({"company": {"products": ids(product)}}) == response_of(below)


async def test_test_account_reads_a_limited_product_R254_A32(ask: Client, given: Factory) -> None:
    """A test account that the seller adds reads the whole product, until it is removed."""
    seller, tester, other = await given.company(), await given.company(), await given.company()
    product = await given.product(seller, title="Onboarding", categories=["TRAINING", "ASSESSMENTS"])

    before = await ask(tester.admin, FOUND, id=product.id)
    await given.test_account(product, tester)
    during, detail = await ask(tester.admin, FOUND, id=product.id), await ask(tester.admin, PRODUCT, id=product.id)
    others = await ask(other.admin, FOUND, id=product.id)
    await given.no_test_account(product, tester)
    after = await ask(tester.admin, FOUND, id=product.id)

    assert [NOTHING, found(product), NOTHING, NOTHING] == [response_of(answer) for answer in (before, during, others, after)]
    facts = {"title": "Onboarding", "kind": "SERVICE", "visibility": "LIMITED", "categories": ["TRAINING", "ASSESSMENTS"]}
    assert payload({"node": {**facts, "company": {"id": seller.id}}}) == response_of(detail)


@pytest.mark.parametrize("visibility", ["RESTRICTED", "REMOVED"])
async def test_test_account_does_not_read_a_restricted_product_R254_R264(ask: Client, given: Factory, visibility: str) -> None:
    """A test account isn't an existing user: once the product is restricted or removed, it's hidden from it."""
    tester = await given.company()
    product = await given.product(await given.company())
    await given.test_account(product, tester)
    await given.change(product, visibility=visibility)

    answer = await ask(tester.admin, FOUND, id=product.id)

    assert NOTHING == response_of(answer)


async def test_test_account_is_the_company_and_not_its_partner_R254(ask: Client, given: Factory) -> None:
    """If the seller adds a managed account, the product is visible to that account and not to a sibling."""
    partner = await given.partner()
    tester, sibling = [(await given.managed_account(partner)).company for _ in range(2)]
    product = await given.product(await given.company())
    await given.test_account(product, tester)

    answers = [response_of(await ask(company.admin, FOUND, id=product.id)) for company in (tester, sibling)]

    assert [found(product), NOTHING] == answers


@pytest.mark.parametrize("status", BEFORE_PUBLICATION + FROM_PUBLICATION_ON)
async def test_private_offer_shows_its_product_R219_V19(ask: Client, given: Factory, status: str) -> None:
    """A limited product is visible to the buyers of an offer from its publication on."""
    seller, buyer = await given.company(), await given.company()
    product = await given.product(seller)
    await given.offer(seller, [buyer], product=product, status=status)

    answer = await ask(buyer.admin, FOUND, id=product.id)

    assert (found(product) if status in FROM_PUBLICATION_ON else NOTHING) == response_of(answer)


async def test_offer_shows_its_product_to_the_partner_of_the_buyer_R219_V14(ask: Client, given: Factory) -> None:
    """A managed buyer's partner reads the product too. A sibling account and another partner don't."""
    partner, other = await given.partner(), await given.partner()
    buyer, sibling = [(await given.managed_account(partner)).company for _ in range(2)]
    seller = await given.company()
    product = await given.product(seller)
    await given.offer(seller, [buyer], product=product)

    answers = [response_of(await ask(company.admin, FOUND, id=product.id)) for company in (partner, buyer, sibling, other)]

    assert [found(product), found(product), NOTHING, NOTHING] == answers


@pytest.mark.parametrize("status", BEFORE_PUBLICATION + FROM_PUBLICATION_ON)
async def test_offer_shows_its_product_to_partner_and_buyer_alike_R219_V14_V19(
    ask: Client, given: Factory, status: str
) -> None:
    """A managed buyer's partner reads the product from the offer's publication on, exactly as the buyer does."""
    partner, seller = await given.partner(), await given.company()
    buyer = (await given.managed_account(partner)).company
    product = await given.product(seller)
    await given.offer(seller, [buyer], product=product, status=status)

    by_partner, by_buyer = [await ask(company.admin, FOUND, id=product.id) for company in (partner, buyer)]

    assert (found(product) if status in FROM_PUBLICATION_ON else NOTHING) == response_of(by_partner)
    assert by_partner.body == by_buyer.body


async def test_product_is_hidden_when_its_last_offer_ends_R219(ask: Client, given: Factory) -> None:
    """With two offers for a product, one is enough to read it. When the last one ends, the product is hidden."""
    seller, buyer = await given.company(), await given.company()
    product = await given.product(seller)
    offers = [await given.offer(seller, [buyer], product=product) for _ in range(2)]

    answers = []
    for offer in offers:
        await given.no_more(offer)
        answers.append(response_of(await ask(buyer.admin, FOUND, id=product.id)))

    assert [found(product), NOTHING] == answers


@pytest.mark.parametrize("visibility", ["RESTRICTED", "REMOVED"])
async def test_existing_users_keep_a_restricted_product_R264(ask: Client, given: Factory, visibility: str) -> None:
    """A product that is no longer public stays visible to its buyers and to no new viewer."""
    seller, buyer, stranger = await given.company(), await given.company(), await given.company()
    product = await given.product(seller, visibility="PUBLIC")
    await given.offer(seller, [buyer], product=product, status="ACCEPTED")
    await given.change(product, visibility=visibility)

    by_buyer, by_stranger = await ask(buyer.admin, FOUND, id=product.id), await ask(stranger.admin, FOUND, id=product.id)
    by_visitor = await ask(ANONYMOUS, FOUND, id=product.id)

    assert [found(product), NOTHING, NOTHING] == [response_of(answer) for answer in (by_buyer, by_stranger, by_visitor)]


@pytest.mark.parametrize("visibility", ["LIMITED", "RESTRICTED", "REMOVED"])
async def test_filters_do_not_find_hidden_products_R253_R264_A21(ask: Client, given: Factory, visibility: str) -> None:
    """A filter by visibility finds the viewer's own products and nobody else's."""
    seller, stranger = await given.company(), await given.company()
    product = await given.product(seller, visibility=visibility)
    query = "query ($by: ProductVisibility!) { products(filter: {visibility: $by}) { nodes { id } totalCount } }"

    by_seller = await ask(seller.admin, query, by=visibility)
    by_stranger = await ask(stranger.admin, query, by=visibility)

    assert payload({"products": ids(product)}) == response_of(by_seller)
    assert payload({"products": ids()}) == response_of(by_stranger)


@pytest.mark.parametrize("category", ["ASSESSMENTS", "IMPLEMENTATION", "MANAGED_SERVICES", "PREMIUM_SUPPORT", "TRAINING"])
async def test_product_is_in_a_main_category_R211(ask: Client, given: Factory, category: str) -> None:
    """A product has one or more of the five categories and is found by each of them."""
    other = "TRAINING" if category != "TRAINING" else "ASSESSMENTS"
    await given.product(await given.company(), visibility="PUBLIC", categories=[category])
    query = "query ($in: ServiceCategory!) { products(filter: {category: $in}) { nodes { categories } } }"

    inside, outside = await ask(ANONYMOUS, query, **{"in": category}), await ask(ANONYMOUS, query, **{"in": other})

    assert payload({"products": nodes({"categories": [category]})}) == response_of(inside)
    assert payload({"products": nodes()}) == response_of(outside)
