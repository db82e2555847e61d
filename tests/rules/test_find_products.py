"""Finding products: search and filters, which show nothing that policy hides."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Factory, Thing

SEARCH: Final = "query ($words: String) { products(search: $words) { nodes { id } totalCount } }"
FILTER: Final = "query ($filter: ProductFilter) { products(filter: $filter) { nodes { id } } }"
REVISIONS: Final = "query ($filter: ProductRevisionFilter) { productRevisions(filter: $filter) { nodes { id } } }"


async def found(client: Client, viewer: str | None, words: str) -> list[str]:
    """Return the ids of the products that a search finds, after comparing their number."""
    page = (await client(viewer, SEARCH, words=words)).data["products"]
    assert page["totalCount"] == len(page["nodes"])
    return [node["id"] for node in page["nodes"]]


async def filtered(client: Client, viewer: str | None, **values: Any) -> list[str]:
    """Return the ids of the products that match a filter."""
    return [node["id"] for node in (await client(viewer, FILTER, filter=values)).data["products"]["nodes"]]


async def sample(factory: Factory, **values: Any) -> Thing:
    """A product with words in each place, of a seller with a name."""
    company = await factory.company(name="Kestrel Networks")
    facts = {"title": "Routing Workshop", "summary": "Two days in a lab.", "keywords": ["peering"], "visibility": "PUBLIC"}
    return await factory.product(company, **{**facts, **values})


@pytest.mark.parametrize("words", ["routing", "ROUT", "wörkshop", "lab", "peer", "kestrel", "kestrel routing", "routimg", ""])
async def test_search_looks_at_title_summary_keywords_and_seller_R203(client: Client, factory: Factory, words: str) -> None:
    """It ignores case and accents, takes beginnings of words, and tolerates a typo of one letter. All words must match."""
    product = await sample(factory)

    assert [product.id] == await found(client, ANONYMOUS, words)


@pytest.mark.parametrize("words", ["switching", "kestrel switching", "workshops and more"])
async def test_search_finds_only_what_has_all_words_R203(client: Client, factory: Factory, words: str) -> None:
    """A word that isn't there finds nothing."""
    await sample(factory)

    assert [] == await found(client, ANONYMOUS, words)


async def test_search_follows_changes_of_the_seller_and_the_listing_R203(client: Client, factory: Factory) -> None:
    """A new name of the seller, and a new title, are found at once. The former ones aren't."""
    company = await factory.company(name="Kestrel Networks")
    product = await factory.product(company, title="Routing", visibility="PUBLIC")

    await factory.change(company, trading_name="Heron Carrier")
    await factory.change(product, title="Peering")

    answers = [await found(client, ANONYMOUS, word) for word in ("heron", "peering", "kestrel", "routing")]
    assert [[product.id], [product.id], [], []] == answers


@pytest.mark.parametrize("values", [{"visibility": "LIMITED"}, {"visibility": "LIMITED", "published_at": None}])
async def test_search_finds_no_hidden_product_R218_R253_V29(client: Client, factory: Factory, values: dict[str, Any]) -> None:
    """Neither its words nor the number of results tell that it exists. Its seller finds it."""
    company, stranger = await factory.company(name="Kestrel Networks"), await factory.company()
    product = await factory.product(company, title="Secret Plan", **values)

    for viewer in (ANONYMOUS, stranger.admin):
        assert [] == await found(client, viewer, "secret")
        assert [] == await found(client, viewer, "kestrel")
    assert [product.id] == await found(client, company.admin, "secret")


async def test_test_account_finds_the_product_it_tests_R254_A32(client: Client, factory: Factory) -> None:
    """A search finds what the viewer can read."""
    company, tester = await factory.company(), await factory.company()
    product = await factory.product(company, title="Trial")
    await factory.test_account(product, tester)

    assert [product.id] == await found(client, tester.admin, "trial")


async def test_filters_narrow_by_categories_kind_and_seller_R211_R305(client: Client, factory: Factory) -> None:
    """`categories` matches any of them. All filters have to match."""
    one, two = await factory.company(), await factory.company()
    training = await factory.product(one, visibility="PUBLIC", categories=["TRAINING", "ASSESSMENTS"], kind="SERVICE")
    support = await factory.product(two, visibility="PUBLIC", categories=["PREMIUM_SUPPORT"], kind="APPLICATION")
    await factory.product(two, visibility="PUBLIC", categories=["IMPLEMENTATION"])

    assert [training.id, support.id] == await filtered(client, ANONYMOUS, categories=["TRAINING", "PREMIUM_SUPPORT"])
    assert [training.id] == await filtered(client, ANONYMOUS, categories=["TRAINING", "PREMIUM_SUPPORT"], kind="SERVICE")
    assert [training.id] == await filtered(client, ANONYMOUS, sellerId=one.id)
    assert [support.id] == await filtered(client, ANONYMOUS, sellerId=two.id, categories=["PREMIUM_SUPPORT", "TRAINING"])
    assert [] == await filtered(client, ANONYMOUS, categories=[])


async def test_filter_takes_what_is_due_as_done_R263_V41(client: Client, factory: Factory) -> None:
    """A RESTRICTED product that nothing keeps is found among the REMOVED ones."""
    company = await factory.company()
    due = await factory.product(company, visibility="RESTRICTED", removal_at=factory.now)
    kept = await factory.product(company, visibility="RESTRICTED", removal_at=factory.now.replace(year=2090))
    gone = await factory.product(company, visibility="REMOVED")

    assert [kept.id] == await filtered(client, company.admin, visibility="RESTRICTED")
    assert [due.id, gone.id] == await filtered(client, company.admin, visibility="REMOVED")


async def test_seller_finds_its_revisions_by_status_R213_R321_V29_V41(client: Client, factory: Factory) -> None:
    """A revision that wasn't published in time is among the REJECTED ones. Nobody else finds any."""
    company, stranger, operator = await factory.company(), await factory.company(), await factory.operator()
    products = [await factory.product(company) for _ in range(3)]
    late = await factory.revision(products[0], company, status="APPROVED", publish_by=factory.now)
    approved = await factory.revision(products[1], company, status="APPROVED", publish_by=factory.now.replace(year=2090))
    rejected = await factory.revision(products[2], company, status="REJECTED")

    async def revisions(viewer: str | None, status: str) -> list[str]:
        page = (await client(viewer, REVISIONS, filter={"status": status})).data["productRevisions"]
        return [node["id"] for node in page["nodes"]]

    for viewer in (company.admin, operator.admin):
        assert [approved.id] == await revisions(viewer, "APPROVED")
        assert [late.id, rejected.id] == await revisions(viewer, "REJECTED")
    assert [] == await revisions(stranger.admin, "REJECTED") == await revisions(ANONYMOUS, "APPROVED")
