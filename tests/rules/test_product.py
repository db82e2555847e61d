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
async def test_new_product_is_visible_to_its_seller_R218_R253_V23(client: Client, factory: Factory, role: str) -> None:
    """Every user of the seller reads a limited product."""
    seller = await factory.company()
    product = await factory.product(seller)
    user = await factory.user(seller, role)

    answer = await client(user.email, FOUND, id=product.id)

    assert found(product) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_new_product_is_hidden_from_others_R218_R253(client: Client, factory: Factory, kind: str) -> None:
    """A limited product is hidden from every other account, as if it didn't exist."""
    product = await factory.product(await factory.company())
    email = await factory.admin_of_kind(kind)

    hidden_one = await client(email, FOUND, id=product.id)
    await factory.delete(product)
    absent_one = await client(email, FOUND, id=product.id)

    assert NOTHING == response_of(hidden_one)
    assert absent_one.body == hidden_one.body


@pytest.mark.parametrize("visibility", ["LIMITED", "RESTRICTED", "REMOVED"])
@pytest.mark.parametrize("caller", ["the seller", "its partner", "the operator"])
async def test_seller_partner_and_operator_read_a_managed_sellers_product_V14_R253(
    client: Client, factory: Factory, caller: str, visibility: str
) -> None:
    """The seller, its managing partner and the operator read a product in every state."""
    partner, operator = await factory.partner(), await factory.operator()
    seller = (await factory.managed_account(partner)).company
    product = await factory.product(seller, visibility=visibility)
    email = {"the seller": seller.admin, "its partner": partner.admin}.get(caller, operator.admin)

    answer = await client(email, FOUND, id=product.id)

    assert found(product) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_public_product_is_visible_to_everybody_R254(client: Client, factory: Factory, kind: str) -> None:
    """Everybody finds a product that its seller makes public, also below the seller."""
    seller = await factory.company()
    product = await factory.product(seller, visibility="PUBLIC")
    email = await factory.admin_of_kind(kind)

    answer, below = await client(email, FOUND, id=product.id), await client(email, OF_COMPANY, id=seller.id)

    assert found(product) == response_of(answer)
    assert payload({"company": {"products": ids(product)}}) == response_of(below)


async def test_test_account_reads_a_limited_product_R254_A32(client: Client, factory: Factory) -> None:
    """A test account that the seller adds reads the whole product, until it is removed."""
    seller, tester, other = await factory.company(), await factory.company(), await factory.company()
    product = await factory.product(seller, title="Onboarding", categories=["TRAINING", "ASSESSMENTS"])

    before = await client(tester.admin, FOUND, id=product.id)
    await factory.test_account(product, tester)
    during, detail = await client(tester.admin, FOUND, id=product.id), await client(tester.admin, PRODUCT, id=product.id)
    others = await client(other.admin, FOUND, id=product.id)
    await factory.no_test_account(product, tester)
    after = await client(tester.admin, FOUND, id=product.id)

    assert [NOTHING, found(product), NOTHING, NOTHING] == [response_of(answer) for answer in (before, during, others, after)]
    facts = {"title": "Onboarding", "kind": "SERVICE", "visibility": "LIMITED", "categories": ["TRAINING", "ASSESSMENTS"]}
    assert payload({"node": {**facts, "company": {"id": seller.id}}}) == response_of(detail)


@pytest.mark.parametrize("visibility", ["RESTRICTED", "REMOVED"])
async def test_test_account_does_not_read_a_restricted_product_R254_R264(
    client: Client, factory: Factory, visibility: str
) -> None:
    """A test account isn't an existing user: once the product is restricted or removed, it's hidden from it."""
    tester = await factory.company()
    product = await factory.product(await factory.company())
    await factory.test_account(product, tester)
    await factory.change(product, visibility=visibility)

    answer = await client(tester.admin, FOUND, id=product.id)

    assert NOTHING == response_of(answer)


async def test_test_account_is_the_company_and_not_its_partner_R254(client: Client, factory: Factory) -> None:
    """If the seller adds a managed account, the product is visible to that account and not to a sibling."""
    partner = await factory.partner()
    tester, sibling = [(await factory.managed_account(partner)).company for _ in range(2)]
    product = await factory.product(await factory.company())
    await factory.test_account(product, tester)

    answers = [response_of(await client(company.admin, FOUND, id=product.id)) for company in (tester, sibling)]

    assert [found(product), NOTHING] == answers


@pytest.mark.parametrize("status", BEFORE_PUBLICATION + FROM_PUBLICATION_ON)
async def test_private_offer_shows_its_product_R219_V19(client: Client, factory: Factory, status: str) -> None:
    """A limited product is visible to the buyers of an offer from its publication on."""
    seller, buyer = await factory.company(), await factory.company()
    product = await factory.product(seller)
    await factory.offer(seller, [buyer], product=product, status=status)

    answer = await client(buyer.admin, FOUND, id=product.id)

    assert (found(product) if status in FROM_PUBLICATION_ON else NOTHING) == response_of(answer)


async def test_offer_shows_its_product_to_the_partner_of_the_buyer_R219_V14(client: Client, factory: Factory) -> None:
    """A managed buyer's partner reads the product too. A sibling account and another partner don't."""
    partner, other = await factory.partner(), await factory.partner()
    buyer, sibling = [(await factory.managed_account(partner)).company for _ in range(2)]
    seller = await factory.company()
    product = await factory.product(seller)
    await factory.offer(seller, [buyer], product=product)

    answers = [response_of(await client(company.admin, FOUND, id=product.id)) for company in (partner, buyer, sibling, other)]

    assert [found(product), found(product), NOTHING, NOTHING] == answers


@pytest.mark.parametrize("status", BEFORE_PUBLICATION + FROM_PUBLICATION_ON)
async def test_offer_shows_its_product_to_partner_and_buyer_alike_R219_V14_V19(
    client: Client, factory: Factory, status: str
) -> None:
    """A managed buyer's partner reads the product from the offer's publication on, exactly as the buyer does."""
    partner, seller = await factory.partner(), await factory.company()
    buyer = (await factory.managed_account(partner)).company
    product = await factory.product(seller)
    await factory.offer(seller, [buyer], product=product, status=status)

    by_partner, by_buyer = [await client(company.admin, FOUND, id=product.id) for company in (partner, buyer)]

    assert (found(product) if status in FROM_PUBLICATION_ON else NOTHING) == response_of(by_partner)
    assert by_partner.body == by_buyer.body


async def test_product_is_hidden_when_its_last_offer_ends_R219(client: Client, factory: Factory) -> None:
    """With two offers for a product, one is enough to read it. When the last one ends, the product is hidden."""
    seller, buyer = await factory.company(), await factory.company()
    product = await factory.product(seller)
    offers = [await factory.offer(seller, [buyer], product=product) for _ in range(2)]

    answers = []
    for offer in offers:
        await factory.delete(offer)
        answers.append(response_of(await client(buyer.admin, FOUND, id=product.id)))

    assert [found(product), NOTHING] == answers


@pytest.mark.parametrize("visibility", ["RESTRICTED", "REMOVED"])
async def test_existing_users_keep_a_restricted_product_R264(client: Client, factory: Factory, visibility: str) -> None:
    """A product that is no longer public stays visible to its buyers and to no new viewer."""
    seller, buyer, stranger = await factory.company(), await factory.company(), await factory.company()
    product = await factory.product(seller, visibility="PUBLIC")
    await factory.offer(seller, [buyer], product=product, status="ACCEPTED")
    await factory.change(product, visibility=visibility)

    by_buyer, by_stranger = await client(buyer.admin, FOUND, id=product.id), await client(stranger.admin, FOUND, id=product.id)
    by_visitor = await client(ANONYMOUS, FOUND, id=product.id)

    assert [found(product), NOTHING, NOTHING] == [response_of(answer) for answer in (by_buyer, by_stranger, by_visitor)]


@pytest.mark.parametrize("visibility", ["LIMITED", "RESTRICTED", "REMOVED"])
async def test_filters_do_not_find_hidden_products_R253_R264_A21(client: Client, factory: Factory, visibility: str) -> None:
    """A filter by visibility finds the viewer's own products and nobody else's."""
    seller, stranger = await factory.company(), await factory.company()
    product = await factory.product(seller, visibility=visibility)
    query = "query ($by: ProductVisibility!) { products(filter: {visibility: $by}) { nodes { id } totalCount } }"

    by_seller = await client(seller.admin, query, by=visibility)
    by_stranger = await client(stranger.admin, query, by=visibility)

    assert payload({"products": ids(product)}) == response_of(by_seller)
    assert payload({"products": ids()}) == response_of(by_stranger)


@pytest.mark.parametrize("category", ["ASSESSMENTS", "IMPLEMENTATION", "MANAGED_SERVICES", "PREMIUM_SUPPORT", "TRAINING"])
async def test_product_is_in_a_main_category_R211(client: Client, factory: Factory, category: str) -> None:
    """A product has one or more of the five categories and is found by each of them."""
    other = "TRAINING" if category != "TRAINING" else "ASSESSMENTS"
    await factory.product(await factory.company(), visibility="PUBLIC", categories=[category])
    query = "query ($in: ServiceCategory!) { products(filter: {category: $in}) { nodes { categories } } }"

    inside, outside = await client(ANONYMOUS, query, **{"in": category}), await client(ANONYMOUS, query, **{"in": other})

    assert payload({"products": nodes({"categories": [category]})}) == response_of(inside)
    assert payload({"products": nodes()}) == response_of(outside)
