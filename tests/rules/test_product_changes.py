"""Sellers write, submit, withdraw and publish products, and ask to change published ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import ChangeRequest, Product, ProductRevision
from models.database import transaction
from resolvers.reviewing.publication import publish
from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory, Thing
from tests.rules.mutations import send, stored_rows, user_error

DRAFT: Final[dict[str, Any]] = {
    "kind": "SERVICE",
    "title": "Cloud Readiness Review",
    "categories": ["ASSESSMENTS", "TRAINING"],
    "summary": "We look at your network for a week.",
    "description": "A plan.\nA contact.",
    "highlights": ["Fixed price"],
    "keywords": ["cloud", "network"],
    "supports": ["PORTS"],
    "dimensions": [{"name": "Day", "unit": "day", "description": "On site."}],
    "customerReferences": ["Sample Foods"],
}
LISTED: Final = "title categories summary description highlights keywords supports customerReferences"
PRODUCT: Final = (
    f"product {{ id slug visibility {LISTED} dimensions {{ name unit description }} draft {{ number status version }} }}"
)
REVISION: Final = f"productRevision {{ number status version slug {LISTED} }}"
REQUEST: Final = "changeRequest { id title kind status reviewedBy visibility }"
SUBMITTED: Final = f"{REQUEST} controls {{ name result problems {{ code field }} }}"
WRITERS: Final = ("ACCOUNT_ADMIN", "MARKETPLACE_EDITOR")
OTHERS: Final = ("NETWORK_ADMIN", "FINANCE", "VIEWER")
CONTROLS: Final = [
    *("COMPANY_VERIFIED", "SELLER_REGISTERED", "PLATFORM_LINK", "CATEGORIES", "DESCRIPTION", "HIGHLIGHTS", "KEYWORDS"),
    *("CUSTOMER_REFERENCES", "SLUG", "PUBLISHER_RIGHTS"),
]


async def seller(factory: Factory, **values: Any) -> Company:
    """A registered seller."""
    company = await factory.company(**values)
    await factory.seller_registration(company)
    return company


async def create(client: Client, viewer: str | None, **values: Any) -> Any:
    """Create a product that can be submitted, or with other values. Return it as the seller reads it."""
    answer = await send(client, viewer, "createProduct", PRODUCT, **{**DRAFT, **values})
    assert [] == answer["userErrors"]
    return answer["product"]


async def submit(client: Client, viewer: str | None, product: str, **values: Any) -> dict[str, Any]:
    """Submit a product's draft."""
    return await send(client, viewer, "submitProduct", SUBMITTED, productId=product, **values)


async def submitted(client: Client, viewer: str, company: Company | None = None, **values: Any) -> tuple[str, str]:
    """Create and submit a product, for a company or the viewer's own. Return the ids of the product and of the request."""
    product = await create(client, viewer, **({} if company is None else {"companyId": company.id}))
    answer = await submit(client, viewer, product["id"], **values)
    assert [] == answer["userErrors"]
    return product["id"], answer["changeRequest"]["id"]


async def add_dimensions(client: Client, viewer: str, product: str, *names: str) -> dict[str, Any]:
    """Request dimensions with these names."""
    added = [{"name": name, "unit": "day"} for name in names]
    selection = "changeRequest { kind status newDimensions { name } }"
    return await send(client, viewer, "addProductDimensions", selection, productId=product, dimensions=added)


async def approved(factory: Factory, company: Company, *, visibility: str = "PUBLIC", **values: Any) -> Thing:
    """An unpublished product whose revision the operator has approved."""
    product = await factory.product(company, published_at=None)
    times = {"approved_at": factory.now, "publish_by": factory.now + timedelta(days=60)}
    await factory.revision(product, company, status="APPROVED", visibility=visibility, **{**times, **values})
    return product


async def unchanged(engine: AsyncEngine, before: dict[str, list[str]]) -> bool:
    """Whether all rows are as before."""
    return before == await stored_rows(engine)


async def test_seller_creates_a_draft_R201_R214_R306_V29_V61(client: Client, factory: Factory) -> None:
    """The product shows everything that was sent, and has one revision, a draft."""
    company = await seller(factory)

    product = await create(client, company.admin)

    sent = {name: value for name, value in DRAFT.items() if name != "kind"}
    assert sent | {"draft": {"number": 1, "status": "DRAFT", "version": 1}} == {
        name: value for name, value in product.items() if name not in ("id", "slug", "visibility")
    }
    assert ("cloud-readiness-review", "LIMITED") == (product["slug"], product["visibility"])


async def test_draft_may_lack_almost_everything_V61(client: Client, factory: Factory) -> None:
    """A title is enough, also for a company that isn't verified or registered as a seller."""
    company = await factory.company(verification_status="UNVERIFIED")

    answer = await send(client, company.admin, "createProduct", PRODUCT, kind="APPLICATION", title="Sample")

    assert [] == answer["userErrors"]
    assert [] == answer["product"]["categories"]


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
@pytest.mark.parametrize("role", WRITERS + OTHERS)
async def test_only_writers_of_the_seller_or_its_partner_create_V14_V31(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str, role: str
) -> None:
    """Account administrators and Marketplace editors write. A partner's also write for the accounts that it manages."""
    partner = await factory.partner()
    company = (await factory.managed_account(partner)).company if kind == "MANAGED" else await factory.company(kind=kind)
    user, colleague = await factory.user(company, role), await factory.user(partner, role)
    before = await stored_rows(rules_engine)

    own = await send(client, user.email, "createProduct", "product { title }", **DRAFT)
    kept = await unchanged(rules_engine, before)
    acting = await send(client, colleague.email, "createProduct", "product { title }", **DRAFT, companyId=company.id)

    may = role in WRITERS
    assert ([] if may else [user_error("FORBIDDEN")]) == own["userErrors"]
    assert may != kept
    code = [] if may and kind == "MANAGED" else ["FORBIDDEN"] if kind == "MANAGED" else ["NOT_FOUND"]
    assert code == [error["code"] for error in acting["userErrors"]]


async def test_nobody_else_creates_or_revises_V31(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Neither another company nor the operator writes a product. The operator is told so, and others don't find it."""
    company, stranger, operator = await seller(factory), await factory.company(), await factory.operator()
    product = await create(client, company.admin)
    before = await stored_rows(rules_engine)

    codes = []
    for viewer in (stranger.admin, operator.admin, ANONYMOUS):
        answer = await send(client, viewer, "reviseProduct", REVISION, productId=product["id"], title="Mine")
        codes += [error["code"] for error in answer["userErrors"]]

    assert ["NOT_FOUND", "FORBIDDEN", "NOT_FOUND"] == codes
    assert await unchanged(rules_engine, before)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"title": " "}, user_error("REQUIRED", "title")),
        ({"title": "a" * 101}, user_error("TOO_LONG", "title")),
        (
            {"categories": ["TRAINING", "ASSESSMENTS", "IMPLEMENTATION", "PREMIUM_SUPPORT"]},
            user_error("TOO_MANY", "categories"),
        ),
        ({"highlights": ["a", "b", "c", "d"]}, user_error("TOO_MANY", "highlights")),
        ({"highlights": ["a", " "]}, user_error("REQUIRED", "highlights", "1")),
        ({"keywords": ["a", "b", "c", "d"]}, user_error("TOO_MANY", "keywords")),
        ({"slug": "Not a slug"}, user_error("INVALID_VALUE", "slug")),
        ({"summary": "a" * 501}, user_error("TOO_LONG", "summary")),
        ({"logoId": "nowhere"}, user_error("INVALID_ID", "logoId")),
        ({"relatedProductIds": ["nowhere"]}, user_error("INVALID_ID", "relatedProductIds", "0")),
        ({"dimensions": [{"name": "A", "unit": "x"}] * 2}, user_error("DUPLICATE", "dimensions", "1", "name")),
        ({"dimensions": [{"name": f"{n}", "unit": "x"} for n in range(25)]}, user_error("TOO_MANY", "dimensions")),
    ],
)
async def test_draft_refuses_what_is_wrong_V7_V61(
    client: Client, factory: Factory, rules_engine: AsyncEngine, values: dict[str, Any], error: dict[str, Any]
) -> None:
    """Length, form, number and duplicates are checked when a draft is written, and nothing is stored."""
    company = await factory.company()
    before = await stored_rows(rules_engine)

    answer = await send(client, company.admin, "createProduct", "product { id }", **{**DRAFT, **values})

    assert {"product": None, "userErrors": [error]} == answer
    assert await unchanged(rules_engine, before)


async def test_draft_is_revised_as_often_as_one_likes_R306_V29_V72(client: Client, factory: Factory) -> None:
    """Omitted fields keep their values, null clears them, and each edit counts. The unpublished product shows the draft."""
    company = await seller(factory)
    product = (await create(client, company.admin))["id"]

    one = await send(
        client, company.admin, "reviseProduct", REVISION, productId=product, version=1, title="Another", keywords=[]
    )
    two = await send(
        client, company.admin, "reviseProduct", REVISION, productId=product, version=2, summary=None, slug="my-url"
    )
    stale = await send(client, company.admin, "reviseProduct", REVISION, productId=product, version=2, title="Lost")
    shown = await client(
        company.admin, f"query ($id: ID!) {{ node(id: $id) {{ ... on Product {{ slug {LISTED} }} }} }}", id=product
    )

    assert ("Another", [], 2) == tuple(one["productRevision"][name] for name in ("title", "keywords", "version"))
    assert (None, "my-url", 3) == tuple(two["productRevision"][name] for name in ("summary", "slug", "version"))
    assert {"productRevision": None, "userErrors": [user_error("CONFLICT", "version")]} == stale
    assert ("Another", "my-url") == (shown.data["node"]["title"], shown.data["node"]["slug"])


async def test_submission_is_locked_and_can_be_withdrawn_R215_A35_V8_V69(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A request carries the title and is UNDER_REVIEW. Until it's withdrawn, nothing of the product can be changed."""
    company = await seller(factory)
    product = (await create(client, company.admin))["id"]

    answer = await submit(client, company.admin, product)
    before = await stored_rows(rules_engine)
    revised = await send(client, company.admin, "reviseProduct", REVISION, productId=product, title="Late")
    again = await submit(client, company.admin, product)
    added = await add_dimensions(client, company.admin, product, "Night")
    kept = await unchanged(rules_engine, before)
    request = answer["changeRequest"]["id"]
    withdrawn = await send(
        client,
        company.admin,
        "withdrawSubmission",
        "productRevision { status } changeRequest { status }",
        changeRequestId=request,
    )
    late = await send(client, company.admin, "withdrawSubmission", "productRevision { status }", changeRequestId=request)

    assert {
        "id": request,
        "title": DRAFT["title"],
        "kind": "CREATE",
        "status": "UNDER_REVIEW",
        "reviewedBy": "MACHINE",
        "visibility": None,
    } == answer["changeRequest"]
    assert [user_error("LOCKED", "productId")] == revised["userErrors"] == added["userErrors"]
    assert [user_error("ILLEGAL_STEP")] == again["userErrors"] == late["userErrors"]
    assert kept
    assert {"status": "DRAFT"} == withdrawn["productRevision"]
    assert {"status": "WITHDRAWN"} == withdrawn["changeRequest"]


@pytest.mark.parametrize(("visibility", "reviewer"), [("LIMITED", "MACHINE"), ("PUBLIC", "OPERATOR"), (None, "MACHINE")])
async def test_visibility_decides_who_reviews_R216_R258_R308_V26_V67(
    client: Client, factory: Factory, visibility: str | None, reviewer: str
) -> None:
    """The machine decides about LIMITED products, which new ones are by default, and the operator about PUBLIC ones."""
    company = await seller(factory)
    product = await create(client, company.admin)

    answer = await submit(client, company.admin, product["id"], **({} if visibility is None else {"visibility": visibility}))

    assert reviewer == answer["changeRequest"]["reviewedBy"]


MISSING: Final = [
    ({"categories": []}, "CATEGORIES", user_error("REQUIRED", "categories")),
    ({"highlights": []}, "HIGHLIGHTS", user_error("REQUIRED", "highlights")),
    ({"summary": None, "description": " "}, "DESCRIPTION", user_error("REQUIRED", "summary")),
    ({"supports": []}, "PLATFORM_LINK", user_error("REQUIRED", "supports")),
    ({"customerReferences": []}, "CUSTOMER_REFERENCES", user_error("REQUIRED", "customerReferences")),
    ({"slug": "taken"}, "SLUG", user_error("TAKEN", "slug")),
    ({"slug": "formerly-taken"}, "SLUG", user_error("TAKEN", "slug")),
]


@pytest.mark.parametrize(("values", "control", "error"), MISSING)
@pytest.mark.parametrize("validate_only", [False, True])
async def test_submission_names_what_is_missing_R210_R211_R212_R311_A37_A38_V27_V72(
    client: Client,
    factory: Factory,
    rules_engine: AsyncEngine,
    values: dict[str, Any],
    control: str,
    error: dict[str, Any],
    validate_only: bool,
) -> None:
    """Each error names the draft's field, and each control says PASS or FAIL. Nothing changes."""
    company = await seller(factory)
    other = await factory.product(await factory.company(), slug="taken")
    await factory.former_product_slug(other, "formerly-taken")
    product = await create(client, company.admin, **values)
    before = await stored_rows(rules_engine)

    answer = await submit(client, company.admin, product["id"], validateOnly=validate_only)

    results = {each["name"]: each["result"] for each in answer["controls"]}
    assert (None, [error]) == (answer["changeRequest"], answer["userErrors"])
    assert {name: "FAIL" if name == control else "PASS" for name in CONTROLS} == results
    assert await unchanged(rules_engine, before)


async def test_preflight_passes_and_changes_nothing_V27(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """All controls pass, and the draft is still a draft."""
    company = await seller(factory)
    product = await create(client, company.admin)
    before = await stored_rows(rules_engine)

    answer = await submit(client, company.admin, product["id"], validateOnly=True, key="a-key")
    submitted = await submit(client, company.admin, product["id"])

    expected = [{"name": name, "result": "PASS", "problems": []} for name in CONTROLS]
    assert {"changeRequest": None, "controls": expected, "userErrors": []} == answer
    assert before["change_request"] == []
    assert "UNDER_REVIEW" == submitted["changeRequest"]["status"]


async def test_only_verified_and_registered_sellers_submit_R206_R207_R208_R404_A40_V47(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Both are told at once, without a field."""
    company = await factory.company(verification_status="PENDING")
    product = await create(client, company.admin)
    before = await stored_rows(rules_engine)

    answer = await submit(client, company.admin, product["id"])

    assert [user_error("COMPANY_NOT_VERIFIED"), user_error("SELLER_NOT_REGISTERED")] == answer["userErrors"]
    assert await unchanged(rules_engine, before)


async def test_product_can_be_linked_to_a_public_product_R210(client: Client, factory: Factory) -> None:
    """A related product counts while it's PUBLIC."""
    company, other = await seller(factory), await factory.company()
    public = await factory.product(other, visibility="PUBLIC")
    product = await create(client, company.admin, supports=[], relatedProductIds=[public.id])

    passed = await submit(client, company.admin, product["id"], validateOnly=True)
    await factory.change(public, visibility="LIMITED")
    failed = await submit(client, company.admin, product["id"], validateOnly=True)

    assert ([], [user_error("REQUIRED", "supports")]) == (passed["userErrors"], failed["userErrors"])


async def test_related_products_and_logos_are_those_that_the_viewer_can_use_V61_V64(client: Client, factory: Factory) -> None:
    """A hidden product and another company's logo are answered like absent ones."""
    company, other = await seller(factory), await factory.company()
    hidden, foreign = await factory.product(other), await factory.image(other)

    answer = await send(
        client, company.admin, "createProduct", "product { id }", **DRAFT, relatedProductIds=[hidden.id], logoId=foreign.id
    )

    assert [user_error("NOT_FOUND", "logoId"), user_error("NOT_FOUND", "relatedProductIds", "0")] == answer["userErrors"]


@pytest.mark.parametrize("allowed", [True, False])
async def test_automatic_publication_needs_the_operators_permission_R316_R320_A36(
    client: Client, factory: Factory, allowed: bool
) -> None:
    """Without it, the submission is refused. It isn't changed silently."""
    company = await seller(factory, auto_publish_allowed=allowed)
    product = await create(client, company.admin)

    answer = await submit(client, company.admin, product["id"], visibility="PUBLIC", autoPublish=True)

    assert ([] if allowed else [user_error("AUTO_PUBLISH_NOT_ALLOWED", "autoPublish")]) == answer["userErrors"]


async def test_publisher_publishes_what_is_approved_R318_R319_V28_V29(client: Client, factory: Factory) -> None:
    """Until then nobody else meets the product. Afterwards everyone does, at once."""
    company = await seller(factory)
    product = await approved(factory, company, title="Published")
    query = "query ($id: ID!) { node(id: $id) { ... on Product { title visibility slug } } }"

    before = await client(ANONYMOUS, query, id=product.id)
    answer = await send(client, company.admin, "publishProduct", "product { title }", productId=product.id)
    after = await client(ANONYMOUS, query, id=product.id)
    again = await send(client, company.admin, "publishProduct", "product { title }", productId=product.id)

    assert None is before.data["node"]
    assert {"product": {"title": "Published"}, "userErrors": []} == answer
    assert {"title": "Published", "visibility": "PUBLIC", "slug": "published"} == after.data["node"]
    assert [user_error("ILLEGAL_STEP")] == again["userErrors"]


@pytest.mark.parametrize(("days", "can"), [(60, True), (61, False)])
async def test_approval_is_good_for_sixty_days_R321_A33_V41(client: Client, factory: Factory, days: int, can: bool) -> None:
    """On day 60 the revision can still be published. Afterwards it's REJECTED, whether or not the sweep has run."""
    company = await seller(factory)
    at = factory.now - timedelta(days=days) + timedelta(hours=1)
    product = await approved(factory, company, approved_at=at, publish_by=at + timedelta(days=60))
    query = "query ($id: ID!) { node(id: $id) { ... on Product { draft { status viewerCan } } } }"

    shown = (await client(company.admin, query, id=product.id)).data["node"]["draft"]
    answer = await send(client, company.admin, "publishProduct", "product { title }", productId=product.id)

    assert ("APPROVED" if can else "REJECTED") == shown["status"]
    assert can == ("PUBLISH" in shown["viewerCan"])
    assert ([] if can else [user_error("ILLEGAL_STEP")]) == answer["userErrors"]


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "APPROVED", "PUBLISHED", "REJECTED", "SUPERSEDED"])
@pytest.mark.parametrize("role", ["MARKETPLACE_EDITOR", "VIEWER"])
async def test_revision_says_what_the_viewer_can_do_R308_R318_A34(
    client: Client, factory: Factory, status: str, role: str
) -> None:
    """Drafts can be submitted and approved revisions published, by writers. Both mutations agree with `viewerCan`."""
    company = await seller(factory)
    user = await factory.user(company, role)
    product = await factory.product(company, title="Live", supports=["PORTS"], customer_references=["A"])
    listing: dict[str, Any] = {
        "highlights": ["One"],
        "supports": ["PORTS"],
        "customer_references": ["A"],
        "summary": "It works.",
    }
    publish_by = factory.now + timedelta(days=60) if status == "APPROVED" else None
    revision = await factory.revision(product, company, status=status, publish_by=publish_by, **listing)
    query = "query ($id: ID!) { node(id: $id) { ... on ProductRevision { viewerCan } } }"

    can = (await client(user.email, query, id=revision.id)).data["node"]["viewerCan"]
    checked = await submit(client, user.email, product.id, validateOnly=True)
    published = await send(client, user.email, "publishProduct", "product { title }", productId=product.id)

    writes = role == "MARKETPLACE_EDITOR"
    assert (writes and status == "DRAFT") == ("SUBMIT" in can) == ([] == checked["userErrors"])
    assert (writes and status == "APPROVED") == ("PUBLISH" in can) == ([] == published["userErrors"])


async def test_rejected_revision_is_revised_and_submitted_again_A34(client: Client, factory: Factory) -> None:
    """An edit makes it a draft. It can't be submitted before."""
    company = await seller(factory)
    product = await factory.product(company, published_at=None)
    await factory.revision(
        product, company, status="REJECTED", highlights=["One"], supports=["PORTS"], customer_references=["A"]
    )

    early = await submit(client, company.admin, product.id)
    revised = await send(client, company.admin, "reviseProduct", REVISION, productId=product.id, summary="Better.")
    late = await submit(client, company.admin, product.id)

    assert [user_error("ILLEGAL_STEP")] == early["userErrors"]
    assert (1, "DRAFT") == (revised["productRevision"]["number"], revised["productRevision"]["status"])
    assert "UNDER_REVIEW" == late["changeRequest"]["status"]


@pytest.mark.parametrize("status", ["APPROVED", "PUBLISHED"])
async def test_edit_of_an_approved_listing_is_a_new_revision_A35(client: Client, factory: Factory, status: str) -> None:
    """The approved or published one stays as it is, and the product shows what is published."""
    company = await seller(factory)
    product = await factory.product(company, title="Live")
    await factory.revision(product, company, status=status, title="Live")

    revised = await send(client, company.admin, "reviseProduct", REVISION, productId=product.id, title="Next")
    query = (
        "query ($id: ID!) { node(id: $id) { ... on Product { title draft { title } revisions { nodes { number status } } } } }"
    )
    shown = await client(company.admin, query, id=product.id)

    assert (2, "DRAFT", "Next") == tuple(revised["productRevision"][name] for name in ("number", "status", "title"))
    assert {
        "title": "Live",
        "draft": {"title": "Next"},
        "revisions": {"nodes": [{"number": 1, "status": status}, {"number": 2, "status": "DRAFT"}]},
    } == shown.data["node"]


async def test_dimensions_are_only_added_R249_R250_R252(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A request names new dimensions. One with the name of an existing one, and none at all, are refused."""
    company = await seller(factory)
    product = (await create(client, company.admin))["id"]
    before = await stored_rows(rules_engine)

    names: list[tuple[str, ...]] = [(), ("Day",), ("A", "A")]
    none, repeated, same = [await add_dimensions(client, company.admin, product, *each) for each in names]
    kept = await unchanged(rules_engine, before)
    added = await add_dimensions(client, company.admin, product, "Night")

    assert [user_error("REQUIRED", "dimensions")] == none["userErrors"]
    assert [user_error("DUPLICATE", "dimensions", "0", "name")] == repeated["userErrors"]
    assert [user_error("DUPLICATE", "dimensions", "1", "name")] == same["userErrors"]
    assert kept
    assert {"kind": "ADD_DIMENSIONS", "status": "UNDER_REVIEW", "newDimensions": [{"name": "Night"}]} == added["changeRequest"]


@pytest.mark.parametrize(
    ("start", "asked", "reviewer"),
    [
        ("LIMITED", "LIMITED", "MACHINE"),
        ("LIMITED", "PUBLIC", "OPERATOR"),
        ("LIMITED", "RESTRICTED", "OPERATOR"),
        ("PUBLIC", "LIMITED", "MACHINE"),
        ("PUBLIC", "RESTRICTED", "OPERATOR"),
        ("PUBLIC", "PUBLIC", None),
        ("RESTRICTED", "PUBLIC", None),
        ("REMOVED", "LIMITED", None),
    ],
)
async def test_visibility_is_requested_R254_R255_R258_R261_V26(
    client: Client, factory: Factory, start: str, asked: str, reviewer: str | None
) -> None:
    """A product that is RESTRICTED or REMOVED stays so. Test accounts are for the machine, everything else is for the operator."""
    company, tester = await seller(factory), await factory.company()
    await factory.profile(tester)
    product = await factory.product(company, visibility=start, supports=["PORTS"])
    selection = "changeRequest { kind reviewedBy visibility testAccounts { id } }"
    values = {"productId": product.id, "visibility": asked, "testAccountIds": [tester.id]}

    answer = await send(client, company.admin, "changeProductVisibility", selection, **values)

    if reviewer is None:
        assert ["ILLEGAL_STEP"] == [error["code"] for error in answer["userErrors"]]
    else:
        expected = {
            "kind": "UPDATE_VISIBILITY",
            "reviewedBy": reviewer,
            "visibility": asked,
            "testAccounts": [{"id": tester.id}],
        }
        assert expected == answer["changeRequest"]


async def test_unpublished_product_is_submitted_or_deleted_V29_V60(client: Client, factory: Factory) -> None:
    """Its draft is submitted with a visibility. Deleting it can be requested."""
    company = await seller(factory)
    product = (await create(client, company.admin))["id"]

    public = await send(client, company.admin, "changeProductVisibility", REQUEST, productId=product, visibility="PUBLIC")
    removed = await send(client, company.admin, "changeProductVisibility", REQUEST, productId=product, visibility="REMOVED")
    deleted = await send(client, company.admin, "changeProductVisibility", REQUEST, productId=product, visibility="RESTRICTED")

    assert [user_error("INVALID_VALUE", "visibility")] == public["userErrors"] == removed["userErrors"]
    assert "OPERATOR" == deleted["changeRequest"]["reviewedBy"]


@pytest.mark.parametrize("name", ["hidden", "absent", "itself", "twice"])
async def test_test_accounts_are_companies_that_the_seller_can_see_R254_V56(
    client: Client, factory: Factory, rules_engine: AsyncEngine, name: str
) -> None:
    """A hidden company is answered like an absent one."""
    company, hidden, shown = await seller(factory), await factory.company(), await factory.company()
    await factory.profile(shown)
    product = await factory.product(company, supports=["PORTS"])
    ids = {"hidden": [hidden.id], "absent": ["Y28AAAAAAABAAIAAAAAAAAAB"], "itself": [company.id], "twice": [shown.id] * 2}[name]
    before = await stored_rows(rules_engine)

    values = {"productId": product.id, "visibility": "LIMITED", "testAccountIds": ids}
    answer = await send(client, company.admin, "changeProductVisibility", REQUEST, **values)

    code = {"itself": "INVALID_VALUE", "twice": "DUPLICATE"}.get(name, "NOT_FOUND")
    assert [user_error(code, "testAccountIds", str(len(ids) - 1))] == answer["userErrors"]
    assert await unchanged(rules_engine, before)


async def test_failed_request_is_resubmitted_once_it_is_mended_R217_R248_R252(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Until then, the same problems are named and nothing changes. Its problems go with the resubmission."""
    company = await seller(factory)
    product, request = await submitted(client, company.admin)
    await failed(rules_engine)
    before = await stored_rows(rules_engine)

    refused = await send(client, company.admin, "resubmitChangeRequest", "changeRequest { status }", id=request)
    kept = await unchanged(rules_engine, before)
    await send(client, company.admin, "reviseProduct", REVISION, productId=product, highlights=["Better"], title="Mended")
    again = await send(
        client, company.admin, "resubmitChangeRequest", "changeRequest { status title problems { code } }", id=request
    )
    twice = await send(client, company.admin, "resubmitChangeRequest", "changeRequest { status }", id=request)

    assert [user_error("REQUIRED", "highlights")] == refused["userErrors"]
    assert kept
    assert {"status": "UNDER_REVIEW", "title": "Mended", "problems": []} == again["changeRequest"]
    assert [user_error("ILLEGAL_STEP")] == twice["userErrors"]


async def failed(engine: AsyncEngine) -> None:
    """Let the review of the only request fail, because its revision has no highlight."""
    problems = [{"code": "OTHER", "message": "No.", "field": None}]
    async with transaction(engine) as session:
        revision = (await session.scalars(sa.select(ProductRevision))).one()
        revision.take_step("reject")
        revision.highlights = []
        request = (await session.scalars(sa.select(ChangeRequest))).one()
        request.take_step("reject")
        request.problems, request.decided_at = problems, request.created_at


async def test_slug_follows_the_seller_and_former_ones_keep_working_R314_R315_A38(client: Client, factory: Factory) -> None:
    """A vanity URL takes the place of the one made from the title. Another product can take neither."""
    company = await seller(factory)
    product = await factory.product(company, slug="sample", visibility="PUBLIC")
    await factory.revision(product, company, status="APPROVED", visibility="PUBLIC", slug="vanity", title="Sample")
    query = "query ($slug: String!) { product(slug: $slug) { id slug url } }"

    published = await send(client, company.admin, "publishProduct", "product { slug url }", productId=product.id)
    found = [(await client(ANONYMOUS, query, slug=slug)).data["product"] for slug in ("sample", "vanity", "other")]
    second = await approved(factory, company, title="Sample")
    other = await send(client, company.admin, "publishProduct", "product { slug }", productId=second.id)
    third = await approved(factory, company, slug="sample")
    refused = await send(client, company.admin, "publishProduct", "product { slug }", productId=third.id)

    assert "vanity" == published["product"]["slug"]
    assert published["product"]["url"].endswith("/marketplace/products/vanity")
    assert [product.id, product.id, None] == [each and each["id"] for each in found]
    assert "sample-2" == other["product"]["slug"]
    assert [user_error("TAKEN", "productId")] == refused["userErrors"]


async def test_publication_supersedes_what_was_published_A35_V28(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """One transaction puts the revision and its visibility in force."""
    company = await seller(factory)
    product = await factory.product(company, title="Old", slug="old")
    await factory.revision(product, company, status="PUBLISHED", title="Old")
    await factory.revision(product, company, status="APPROVED", title="New", visibility="PUBLIC", number=2)

    async with transaction(rules_engine) as session:
        stored = (await session.scalars(sa.select(Product))).one()
        revision = (await session.scalars(sa.select(ProductRevision).where(ProductRevision.number == 2))).one()
        await publish(session, stored, revision)
    query = "query ($id: ID!) { node(id: $id) { ... on Product { title visibility slug revisions { nodes { status } } } } }"
    shown = await client(company.admin, query, id=product.id)

    assert {
        "title": "New",
        "visibility": "PUBLIC",
        "slug": "new",
        "revisions": {"nodes": [{"status": "SUPERSEDED"}, {"status": "PUBLISHED"}]},
    } == shown.data["node"]
