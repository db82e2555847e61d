"""The two documents about products, each walked from its first sentence to its last as one story."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from resolvers.reviewing.jobs import decide_requests
from resolvers.values.identifiers import parse
from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory, Thing
from tests.rules.mutations import queued_mails, send, user_error
from tests.rules.test_product_changes import DRAFT, REQUEST, REVISION, create, submit
from tests.rules.test_review import CHECKS, DECIDED, URL, approve, reject
from tests.rules.test_seller_registration import ACCOUNT, GB_IBAN, register

LISTING: Final = "title summary description categories highlights keywords supports url dimensions { name unit description }"
AS_BUYER: Final = f"query ($id: ID!) {{ node(id: $id) {{ ... on Product {{ {LISTING} }} }} }}"
SHOWN: Final = "query ($id: ID!) { node(id: $id) { ... on Product { title visibility draft { status } } } }"
MINE: Final = "{ viewer { company { products { nodes { title changeRequests { nodes { kind status } } } } } } }"
WAITING: Final = "query ($id: ID!) { node(id: $id) { ... on ChangeRequest { status isFinal waitsFor { side } } } }"
QUEUE: Final = (
    "{ changeRequests(filter: {status: UNDER_REVIEW, reviewedBy: OPERATOR}) { nodes { id title waitsFor { side } } } }"
)


async def shown(client: Client, viewer: str | None, product: str) -> tuple[str, str] | None:
    """Return title and visibility of a product as a viewer reads it."""
    node = (await client(viewer, SHOWN, id=product)).data["node"]
    return None if node is None else (node["title"], node["visibility"])


async def waits_for(client: Client, viewer: str, request: str) -> str | None:
    """Return the side that a request waits for."""
    waiting = (await client(viewer, WAITING, id=request)).data["node"]["waitsFor"]
    return None if waiting is None else str(waiting["side"])


async def change_visibility(client: Client, seller: Company, product: str, visibility: str, *testers: Company) -> str:
    """Request a visibility, with test accounts if there are any. Return the id of the request."""
    given: dict[str, Any] = {"testAccountIds": [each.id for each in testers]} if testers else {}
    values = {"productId": product, "visibility": visibility, **given}
    answer = await send(client, seller.admin, "changeProductVisibility", REQUEST, **values)
    assert [] == answer["userErrors"]
    return str(answer["changeRequest"]["id"])


async def test_professional_services_from_registration_to_removal_R201_R202_R203_R207_R213_R214_R220_R247_R259_X2_X5(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Source 002: a seller registers, creates a service, changes it, opens it, and deletes it while a buyer still uses it."""
    seller, operator = await factory.company(), await factory.operator()
    buyer, tester, stranger = [await factory.company() for _ in range(3)]
    await factory.profile(tester)

    # It registers as a seller, with a bank account that isn't British (R206-R209).
    british = await register(client, seller.admin, bankAccountCountry="GB", bankAccountNumber=GB_IBAN)
    assert [user_error("INVALID_VALUE", "bankAccountCountry")] == british["userErrors"]
    assert [] == (await register(client, seller.admin, **ACCOUNT))["userErrors"]

    # It creates a product that supports the platform, in one of five categories, and submits it (R201-R203, R210-R215).
    product = (await create(client, seller.admin, title="Network Move"))["id"]
    request = (await submit(client, seller.admin, product))["changeRequest"]
    assert ("Network Move", "UNDER_REVIEW") == (request["title"], request["status"])
    assert "MACHINE" == await waits_for(client, seller.admin, request["id"])

    # Within minutes it's there, for the seller alone, who sees its list of products and requests (R213, R216-R218, R253).
    await decide_requests(rules_engine, URL)
    mine = (await client(seller.admin, MINE)).data["viewer"]["company"]["products"]["nodes"]
    assert [("Network Move", "CREATE", "SUCCEEDED")] == [
        (each["title"], done["kind"], done["status"]) for each in mine for done in each["changeRequests"]["nodes"]
    ]
    assert ("Network Move", "LIMITED") == await shown(client, seller.admin, product)
    assert None is await shown(client, stranger.admin, product)

    # A private offer shows it to its buyer, who sees the listing exactly as the seller does (R219, R220).
    await factory.offer(seller, [buyer], product=Thing("Product", parse(product, "id").key))
    by_seller, by_buyer = await client(seller.admin, AS_BUYER, id=product), await client(buyer.admin, AS_BUYER, id=product)
    assert by_seller.data["node"] == by_buyer.data["node"]
    assert "Network Move" == by_buyer.data["node"]["title"]

    # It updates the information and adds a dimension. An error is shown, corrected and sent again (R247-R252).
    await send(client, seller.admin, "reviseProduct", REVISION, productId=product, title="Network Move Plus", supports=[])
    refused = await submit(client, seller.admin, product)
    assert [user_error("REQUIRED", "supports")] == refused["userErrors"]
    await send(client, seller.admin, "reviseProduct", REVISION, productId=product, supports=["CONNECTIONS"])
    assert [] == (await submit(client, seller.admin, product))["userErrors"]
    assert ("Network Move", "LIMITED") == await shown(client, buyer.admin, product)
    await decide_requests(rules_engine, URL)
    assert ("Network Move Plus", "LIMITED") == await shown(client, buyer.admin, product)
    added = [{"name": "Night", "unit": "day"}]
    await send(client, seller.admin, "addProductDimensions", REQUEST, productId=product, dimensions=added)
    await decide_requests(rules_engine, URL)

    # Test accounts see it, then everyone does, once the operator has looked at it, which takes as long as it takes (R253-R259).
    await change_visibility(client, seller, product, "LIMITED", tester)
    await decide_requests(rules_engine, URL)
    assert ("Network Move Plus", "LIMITED") == await shown(client, tester.admin, product)
    public = await change_visibility(client, seller, product, "PUBLIC")
    await decide_requests(rules_engine, URL)
    assert "OPERATOR" == await waits_for(client, seller.admin, public)
    assert None is await shown(client, ANONYMOUS, product)
    await reject(client, operator.admin, public, {"message": "Say what it costs."})
    assert "SELLER" == await waits_for(client, seller.admin, public)
    await send(client, seller.admin, "resubmitChangeRequest", REQUEST, id=public)
    await approve(client, operator.admin, public)
    assert ("Network Move Plus", "PUBLIC") == await shown(client, ANONYMOUS, product)

    # It deletes the product. The buyer keeps it while its offer counts, and nobody new meets it (R260-R264).
    deleted = await change_visibility(client, seller, product, "RESTRICTED")
    await approve(client, operator.admin, deleted)
    assert ("Network Move Plus", "RESTRICTED") == await shown(client, buyer.admin, product)
    assert None is await shown(client, ANONYMOUS, product)
    assert None is await shown(client, tester.admin, product)


async def test_listing_from_start_to_publication_R301_R303_R304_R305_R306_R307_X3(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Source 003: a publisher starts a listing with its team, answers the reviewer, and publishes it at its own address."""
    publisher, operator = await factory.company(), await factory.operator()
    await factory.seller_registration(publisher)
    editor = await factory.user(publisher, "MARKETPLACE_EDITOR")

    # Start: a member of the team writes the pitch for an application, looks at it and revises it (R301, R303-R307).
    draft = {**DRAFT, "kind": "APPLICATION", "title": "Route Watch", "slug": "route-watch", "customerReferences": []}
    product = (await create(client, editor.email, **draft))["id"]
    for summary in ("Draft.", "Better.", "Best."):
        await send(client, editor.email, "reviseProduct", REVISION, productId=product, summary=summary)
        preview = await client(publisher.admin, AS_BUYER, id=product)
        assert summary == preview.data["node"]["summary"]
    assert None is await shown(client, ANONYMOUS, product)

    # Submit: without the operator's permission it can't be published automatically (R308, R316, R320).
    refused = await submit(client, editor.email, product, visibility="PUBLIC", autoPublish=True)
    assert [user_error("AUTO_PUBLISH_NOT_ALLOWED", "autoPublish")] == refused["userErrors"]
    request = (await submit(client, editor.email, product, visibility="PUBLIC"))["changeRequest"]["id"]

    # The reviewer finds it in the queue and asks; the publisher sees that it's its turn, and answers (R309, R310, R312).
    queue = (await client(operator.admin, QUEUE)).data["changeRequests"]["nodes"]
    assert [{"id": request, "title": "Route Watch", "waitsFor": {"side": "OPERATOR"}}] == queue
    await send(client, operator.admin, "commentChangeRequest", DECIDED, id=request, text="Can we see it run?")
    assert "SELLER" == await waits_for(client, editor.email, request)
    await send(client, editor.email, "commentChangeRequest", DECIDED, id=request, text="On Monday at ten.")
    assert "OPERATOR" == await waits_for(client, operator.admin, request)

    # Approval: an email says so, and it waits to be published, for 60 days (R313, R318, R321).
    await approve(client, operator.admin, request, checks=["CONTENT", "ARCHITECTURE", "SECURITY", "DEMONSTRATION"])
    assert ("LISTING_APPROVED", editor.email) in [mail[:2] for mail in await queued_mails(rules_engine)]
    assert "SELLER" == await waits_for(client, editor.email, request)
    assert None is await shown(client, ANONYMOUS, product)

    # Publish: it's live at once, at its vanity URL (R314, R315, R319).
    await send(client, editor.email, "publishProduct", "product { id }", productId=product)
    found = await client(ANONYMOUS, '{ product(slug: "route-watch") { title visibility } }')
    assert {"title": "Route Watch", "visibility": "PUBLIC"} == found.data["product"]
    assert None is await waits_for(client, editor.email, request)

    # With the operator's permission the next revision is published by its approval (R317).
    rights = {"companyId": publisher.id, "autoPublish": True}
    await send(client, operator.admin, "setPublisherRights", "company { autoPublishAllowed }", **rights)
    await send(client, editor.email, "reviseProduct", REVISION, productId=product, title="Route Watch 2")
    second = await submit(client, editor.email, product, autoPublish=True)
    assert ("Route Watch", "PUBLIC") == await shown(client, ANONYMOUS, product)
    await approve(client, operator.admin, second["changeRequest"]["id"], checks=CHECKS[:1])
    assert ("Route Watch 2", "PUBLIC") == await shown(client, ANONYMOUS, product)
