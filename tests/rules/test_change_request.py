"""Change requests, revisions and what belongs to a seller's side of a product: who reads them."""

from __future__ import annotations

from typing import Final

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Factory
from tests.rules.mutations import send
from tests.rules.test_product_changes import create, seller, submitted

PRIVATE: Final = "customerReferences testAccounts { id } draft { id } revisions { totalCount } changeRequests { totalCount }"
READ: Final = f"query ($id: ID!) {{ node(id: $id) {{ ... on Product {{ title {PRIVATE} }} }} }}"
REQUEST: Final = (
    "query ($id: ID!) { node(id: $id) { ... on ChangeRequest { title status comments { text author { name } } } } }"
)
LISTS: Final = "{ changeRequests { totalCount } productRevisions { totalCount } }"
WRITERS: Final = ("ACCOUNT_ADMIN", "MARKETPLACE_EDITOR")
ROLES: Final = (*WRITERS, "NETWORK_ADMIN", "FINANCE", "VIEWER")


async def test_only_the_sellers_side_and_the_operator_read_what_is_private_R254_R311_A37_V29(
    client: Client, factory: Factory
) -> None:
    """Everyone else reads the public product, and why the rest is null."""
    partner, operator = await factory.partner(), await factory.operator()
    company = (await factory.managed_account(partner)).company
    buyer = await factory.company()
    product = await factory.product(company, visibility="PUBLIC", customer_references=["Sample Foods"])
    await factory.revision(product, company)
    await factory.offer(company, [buyer], product=product)

    for viewer in (company.admin, partner.admin, operator.admin):
        node = (await client(viewer, READ, id=product.id)).data["node"]
        assert (["Sample Foods"], {"totalCount": 1}) == (node["customerReferences"], node["revisions"])
    for other in (buyer.admin, ANONYMOUS):
        answer = await client(other, READ, id=product.id)
        hidden = ("customerReferences", "testAccounts", "draft", "revisions", "changeRequests")
        assert {"title": "Sample", **dict.fromkeys(hidden)} == answer.data["node"]
        assert {*hidden} == {str(each.path[-1]) for each in answer.redactions}


async def test_nobody_else_lists_requests_or_revisions_R213_R217_V23_V29(client: Client, factory: Factory) -> None:
    """A seller of any role, its partner and the operator count them. Others count none, and find none by its ID."""
    partner, operator, stranger = await factory.partner(), await factory.operator(), await factory.company()
    company = (await factory.managed_account(partner)).company
    await factory.seller_registration(company)
    viewer = await factory.user(company, "VIEWER")
    _, request = await submitted(client, partner.admin, company)

    counts = {}
    for name in (company.admin, viewer.email, partner.admin, operator.admin, stranger.admin, ANONYMOUS):
        lists = (await client(name, LISTS)).data
        found = (await client(name, REQUEST, id=request)).data["node"] is not None
        counts[name] = (lists["changeRequests"]["totalCount"], lists["productRevisions"]["totalCount"], found)

    assert [(1, 1, True)] * 4 + [(0, 0, False)] * 2 == list(counts.values())


@pytest.mark.parametrize("role", ROLES)
async def test_comments_are_for_those_who_write_and_review_R309_R312_V30_V69(
    client: Client, factory: Factory, role: str
) -> None:
    """Other roles read the request, and that comments are for other roles. Each side sees its own people's names only."""
    company, operator = await seller(factory), await factory.operator()
    user, support = await factory.user(company, role), await factory.user(operator, "SUPPORT")
    _, request = await submitted(client, company.admin, visibility="PUBLIC")
    await send(client, operator.admin, "commentChangeRequest", "changeRequest { id }", id=request, text="Why?")

    own, reviewers = await client(user.email, REQUEST, id=request), await client(operator.admin, REQUEST, id=request)
    supports = await client(support.email, REQUEST, id=request)

    assert [{"text": "Why?", "author": {"name": "Sam Sample"}}] == reviewers.data["node"]["comments"]
    expected = [{"text": "Why?", "author": None}] if role in WRITERS else None
    assert expected == own.data["node"]["comments"]
    assert ([] if role in WRITERS else ["ROLE_REQUIRED"]) == [each.reason for each in own.redactions]
    assert None is supports.data["node"]["comments"]


async def test_unpublished_product_is_the_sellers_alone_R218_R306_V29(client: Client, factory: Factory) -> None:
    """Not even a buyer of an offer, or a visitor who knows its slug, meets it."""
    company, stranger = await seller(factory), await factory.company()
    product = await create(client, company.admin, slug="my-draft")

    for viewer in (stranger.admin, ANONYMOUS):
        assert None is (await client(viewer, READ, id=product["id"])).data["node"]
        assert None is (await client(viewer, '{ product(slug: "my-draft") { id } }')).data["product"]
    assert None is (await client(company.admin, '{ product(slug: "my-draft") { id } }')).data["product"]
