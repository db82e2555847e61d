"""Reviews of products: the machine and the operator's reviewers decide, both sides comment, and time runs out."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import ChangeRequest, Mail, Notification, Product, ProductRevision
from models.database import transaction
from models.slugs import PRODUCT_SLUGS
from resolvers.reviewing.jobs import decide_requests, reject_unpublished, remove_products
from resolvers.writing import due_rows
from resolvers.writing.slugs import lock_slugs
from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory
from tests.rules.mutations import queued_mails, send, stored_rows, user_error
from tests.rules.test_product_changes import add_dimensions, create, seller, submit, submitted

URL: Final = "https://gateway.example"
READ: Final = """query ($id: ID!) { node(id: $id) { ... on Product {
    title visibility draft { status publishBy } dimensions { name } testAccounts { id }
    changeRequests { nodes { kind status reviewedBy problems { code field } checks decidedAt } }
} } }"""
DECIDED: Final = "changeRequest { status problems { code message field } checks comments { by text } }"
CHECKS: Final = ["CONTENT", "CAPABILITY"]
ROUNDS: Final = 12
STATUSES: Final = ("SUCCEEDED", "FAILED", "WITHDRAWN")  # after an approval, a rejection and a withdrawal


async def read(client: Client, viewer: str | None, product: str) -> Any:
    """Return a product as a viewer reads it."""
    return (await client(viewer, READ, id=product)).data["node"]


async def approve(client: Client, reviewer: str, request: str, **values: Any) -> dict[str, Any]:
    """Approve a request after the checks of a service."""
    return await send(client, reviewer, "approveChangeRequest", DECIDED, **{"id": request, "checks": CHECKS, **values})


async def reject(client: Client, reviewer: str, request: str, *problems: dict[str, Any]) -> dict[str, Any]:
    """Reject a request with problems, or with one."""
    given = problems or ({"message": "Say more.", "field": ["summary"]},)
    return await send(client, reviewer, "rejectChangeRequest", DECIDED, id=request, problems=list(given))


async def test_machine_publishes_a_limited_product_R216_R218_R253_V26_V28(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Its request succeeds, it's published at once, and still nobody else sees it. The seller gets an email with the address."""
    company, stranger = await seller(factory), await factory.company()
    product, _ = await submitted(client, company.admin)

    await decide_requests(rules_engine, URL)
    shown, hidden = await read(client, company.admin, product), await read(client, stranger.admin, product)

    assert ("LIMITED", None) == (shown["visibility"], shown["draft"])
    assert [("CREATE", "SUCCEEDED", "MACHINE")] == [
        (each["kind"], each["status"], each["reviewedBy"]) for each in shown["changeRequests"]["nodes"]
    ]
    assert hidden is None
    ((kind, address, text),) = await queued_mails(rules_engine)
    assert ("LISTING_PUBLISHED", company.admin) == (kind, address)
    assert f"{URL}/marketplace/products/cloud-readiness-review" in text


async def test_machine_finds_what_has_ceased_to_hold_R217_R256_R257_V27(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The request is FAILED with its problems, the revision is REJECTED, and the seller gets an email that lists them."""
    company, other = await seller(factory), await factory.company()
    public = await factory.product(other, visibility="PUBLIC")
    product = await create(client, company.admin, supports=[], relatedProductIds=[public.id])
    await submit(client, company.admin, product["id"])
    await factory.change(public, visibility="LIMITED")

    await decide_requests(rules_engine, URL)
    shown = await read(client, company.admin, product["id"])

    assert "REJECTED" == shown["draft"]["status"]
    (request,) = shown["changeRequests"]["nodes"]
    assert ("FAILED", [{"code": "REQUIRED", "field": ["supports"]}]) == (request["status"], request["problems"])
    assert [("LISTING_REJECTED", company.admin)] == [mail[:2] for mail in await queued_mails(rules_engine)]


async def test_machine_adds_dimensions_and_test_accounts_R250_R252_R254_A32_V26(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A test account sees the LIMITED product from then on."""
    company, tester = await seller(factory), await factory.company()
    await factory.profile(tester)
    product, _ = await submitted(client, company.admin)
    await decide_requests(rules_engine, URL)

    await add_dimensions(client, company.admin, product, "Night")
    await decide_requests(rules_engine, URL)
    values = {"productId": product, "visibility": "LIMITED", "testAccountIds": [tester.id]}
    await send(client, company.admin, "changeProductVisibility", "changeRequest { status }", **values)
    before = await read(client, tester.admin, product)
    await decide_requests(rules_engine, URL)
    shown, tested = await read(client, company.admin, product), await read(client, tester.admin, product)

    assert [{"name": "Day"}, {"name": "Night"}] == shown["dimensions"]
    assert [{"id": tester.id}] == shown["testAccounts"]
    assert before is None
    assert shown["title"] == tested["title"]
    assert ["SUCCEEDED"] * 3 == [each["status"] for each in shown["changeRequests"]["nodes"]]


async def test_operator_approves_what_everyone_will_see_R258_R308_R313_R318_R321_V28(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The machine leaves it alone. After the approval it waits for its publisher, for 60 days, and nobody else sees it."""
    company, operator = await seller(factory), await factory.operator()
    product, request = await submitted(client, company.admin, visibility="PUBLIC")

    await decide_requests(rules_engine, URL)
    waiting = await read(client, company.admin, product)
    answer = await approve(client, operator.admin, request, comment="Well done.")
    shown, hidden = await read(client, company.admin, product), await read(client, ANONYMOUS, product)
    published = await send(client, company.admin, "publishProduct", "product { visibility }", productId=product)
    public = await read(client, ANONYMOUS, product)

    assert "SUBMITTED" == waiting["draft"]["status"]
    assert {
        "status": "SUCCEEDED",
        "problems": [],
        "checks": CHECKS,
        "comments": [{"by": "OPERATOR", "text": "Well done."}],
    } == answer["changeRequest"]
    assert ("APPROVED", "LIMITED") == (shown["draft"]["status"], shown["visibility"])
    assert hidden is None
    assert {"visibility": "PUBLIC"} == published["product"]
    assert "PUBLIC" == public["visibility"]
    assert [
        ("LISTING_SUBMITTED", operator.admin),
        ("LISTING_APPROVED", company.admin),
        ("LISTING_PUBLISHED", company.admin),
    ] == [mail[:2] for mail in await queued_mails(rules_engine)]


async def test_approval_publishes_at_once_if_the_publisher_asked_for_it_R314_R315_R316_R317_R320(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The email has the vanity URL."""
    company, operator = await seller(factory, auto_publish_allowed=True), await factory.operator()
    product = await create(client, company.admin, slug="my-vanity")
    answer = await submit(client, company.admin, product["id"], visibility="PUBLIC", autoPublish=True)

    await approve(client, operator.admin, answer["changeRequest"]["id"])
    public = await read(client, ANONYMOUS, product["id"])

    assert "PUBLIC" == public["visibility"]
    kind, _, text = (await queued_mails(rules_engine))[-1]
    assert "LISTING_PUBLISHED" == kind
    assert "approved and published" in text
    assert "/marketplace/products/my-vanity" in text


async def test_operator_rejects_with_problems_R257_R309_A34(client: Client, factory: Factory) -> None:
    """The seller reads the problems with their fields, revises and resubmits."""
    company, operator = await seller(factory), await factory.operator()
    product, request = await submitted(client, company.admin, visibility="PUBLIC")
    problems = ({"message": "Say more.", "field": ["summary"]}, {"message": "Too dear."})

    answer = await reject(client, operator.admin, request, *problems)
    shown = await read(client, company.admin, product)
    await send(client, company.admin, "reviseProduct", "productRevision { status }", productId=product, summary="More.")
    again = await send(client, company.admin, "resubmitChangeRequest", "changeRequest { status reviewedBy }", id=request)

    assert [
        {"code": "REVIEW", "message": "Say more.", "field": ["summary"]},
        {"code": "REVIEW", "message": "Too dear.", "field": None},
    ] == answer["changeRequest"]["problems"]
    assert "REJECTED" == shown["draft"]["status"]
    assert {"status": "UNDER_REVIEW", "reviewedBy": "OPERATOR"} == again["changeRequest"]


@pytest.mark.parametrize(
    ("kind", "checks", "missing"),
    [
        ("SERVICE", ["CONTENT"], True),
        ("SERVICE", ["CAPABILITY", "SECURITY"], True),
        ("SERVICE", CHECKS, False),
        ("APPLICATION", ["ARCHITECTURE", "SECURITY", "DEMONSTRATION"], True),
        ("APPLICATION", ["CONTENT"], False),
        ("APPLICATION", ["CONTENT", "ARCHITECTURE", "SECURITY", "DEMONSTRATION"], False),
    ],
)
async def test_approval_needs_its_checks_R309_R310_R311_V62(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str, checks: list[str], missing: bool
) -> None:
    """CONTENT is always checked, and CAPABILITY for a SERVICE. Without them nothing changes."""
    company, operator = await seller(factory), await factory.operator()
    product = await create(client, company.admin, kind=kind)
    request = (await submit(client, company.admin, product["id"], visibility="PUBLIC"))["changeRequest"]["id"]
    before = await stored_rows(rules_engine)

    answer = await approve(client, operator.admin, request, checks=checks)

    assert ([user_error("REQUIRED", "checks")] if missing else []) == answer["userErrors"]
    assert missing == (before == await stored_rows(rules_engine))


@pytest.mark.parametrize(
    ("problems", "error"),
    [
        ([], user_error("REQUIRED", "problems")),
        ([{"message": " "}], user_error("REQUIRED", "problems", "0", "message")),
        ([{"message": "a" * 501}], user_error("TOO_LONG", "problems", "0", "message")),
        ([{"message": "No."}] * 21, user_error("TOO_MANY", "problems")),
        ([{"message": "No.", "field": ["a"] * 5}], user_error("TOO_MANY", "problems", "0", "field")),
    ],
)
async def test_rejection_says_what_is_wrong_R257(
    client: Client, factory: Factory, rules_engine: AsyncEngine, problems: list[Any], error: dict[str, Any]
) -> None:
    """A rejection without a problem, or with too many or too long ones, changes nothing."""
    company, operator = await seller(factory), await factory.operator()
    _, request = await submitted(client, company.admin, visibility="PUBLIC")
    before = await stored_rows(rules_engine)

    answer = await send(client, operator.admin, "rejectChangeRequest", DECIDED, id=request, problems=problems)

    assert {"changeRequest": None, "userErrors": [error]} == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("mutation", ["approveChangeRequest", "rejectChangeRequest"])
async def test_only_reviewers_decide_and_not_instead_of_the_machine_R258_V26_V48(
    client: Client, factory: Factory, rules_engine: AsyncEngine, mutation: str
) -> None:
    """Neither the seller nor the operator's support decides, and nobody decides what the machine does."""
    company, operator, stranger = await seller(factory), await factory.operator(), await factory.company()
    support = await factory.user(operator, "SUPPORT")
    _, request = await submitted(client, company.admin, visibility="PUBLIC")
    _, machines = await submitted(client, company.admin)
    values: dict[str, Any] = {"checks": CHECKS} if mutation.startswith("approve") else {"problems": [{"message": "No."}]}
    before = await stored_rows(rules_engine)

    codes = []
    for viewer, each in [
        (company.admin, request),
        (support.email, request),
        (operator.admin, machines),
        (stranger.admin, request),
        (ANONYMOUS, request),
    ]:
        answer = await send(client, viewer, mutation, DECIDED, id=each, **values)
        codes += [error["code"] for error in answer["userErrors"]]

    assert ["FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND"] == codes
    assert before == await stored_rows(rules_engine)


async def test_decided_request_is_decided_once_R256(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A second decision, a withdrawal and a comment name the state that forbids them."""
    company, operator = await seller(factory), await factory.operator()
    _, request = await submitted(client, company.admin, visibility="PUBLIC")
    await approve(client, operator.admin, request)
    before = await stored_rows(rules_engine)

    answers = [
        await approve(client, operator.admin, request),
        await reject(client, operator.admin, request),
        await send(client, operator.admin, "commentChangeRequest", DECIDED, id=request, text="Late."),
        await send(client, company.admin, "withdrawSubmission", "changeRequest { id }", changeRequestId=request),
    ]

    assert [[user_error("ILLEGAL_STEP")]] * 4 == [answer["userErrors"] for answer in answers]
    assert before == await stored_rows(rules_engine)


async def test_both_sides_comment_and_notify_each_other_R309_R312_V30_V74(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A question goes to who submitted and to the root user, an answer to the reviewers. No email has the text."""
    company, operator = await seller(factory), await factory.operator()
    editor = await factory.user(company, "MARKETPLACE_EDITOR")
    _, request = await submitted(client, editor.email, visibility="PUBLIC")

    await send(client, operator.admin, "commentChangeRequest", DECIDED, id=request, text="Whom can we call?")
    answer = await send(client, editor.email, "commentChangeRequest", DECIDED, id=request, text="The first one.")

    assert [
        {"by": "OPERATOR", "text": "Whom can we call?"},
        {"by": "PUBLISHER", "text": "The first one."},
    ] == answer["changeRequest"]["comments"]
    mails = [mail for mail in await queued_mails(rules_engine) if mail[0] == "LISTING_COMMENTED"]
    assert {editor.email, company.admin} == {address for _, address, _ in mails[:2]}
    assert [operator.admin] == [address for _, address, _ in mails[2:]]
    assert not any("call" in text or "first one" in text for _, _, text in mails)


async def test_nobody_comments_on_what_the_machine_reviews_V30(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """There is nobody to answer. Blank comments and those of other roles are refused too."""
    company, operator = await seller(factory), await factory.operator()
    viewer = await factory.user(company, "VIEWER")
    _, machines = await submitted(client, company.admin)
    _, request = await submitted(client, company.admin, visibility="PUBLIC")
    before = await stored_rows(rules_engine)

    async def codes(email: str, key: str, text: str = "Hello.") -> list[str]:
        answer = await send(client, email, "commentChangeRequest", DECIDED, id=key, text=text)
        return [error["code"] for error in answer["userErrors"]]

    found = [
        await codes(company.admin, machines),
        await codes(operator.admin, machines),
        await codes(viewer.email, request),
        await codes(company.admin, request, " "),
    ]

    assert [["FORBIDDEN"], ["FORBIDDEN"], ["FORBIDDEN"], ["REQUIRED"]] == found
    assert before == await stored_rows(rules_engine)


async def test_request_has_a_limit_of_comments_V30(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """So that it can always be read. The comment after the last one changes nothing."""
    company = await seller(factory)
    _, request = await submitted(client, company.admin, visibility="PUBLIC")
    values = "SELECT gen_random_uuid(), id, 'PUBLISHER', 'A', now() FROM change_request, generate_series(1, 99)"
    async with rules_engine.connect() as connection:
        await connection.execute(sa.text(f"INSERT INTO review_comment (id, change_request_id, by, text, at) {values}"))

    last = await send(client, company.admin, "commentChangeRequest", DECIDED, id=request, text="Last.")
    before = await stored_rows(rules_engine)
    refused = await send(client, company.admin, "commentChangeRequest", DECIDED, id=request, text="More.")

    assert ([], 100) == (last["userErrors"], len(last["changeRequest"]["comments"]))
    assert [user_error("TOO_MANY", "id")] == refused["userErrors"]
    assert before == await stored_rows(rules_engine)


async def test_deleting_a_product_nobody_uses_removes_it_R260_R261_R262_V60(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The operator decides, and the product is REMOVED at once."""
    company, operator = await seller(factory), await factory.operator()
    product = await factory.product(company, visibility="PUBLIC", supports=["PORTS"])

    answer = await send(
        client, company.admin, "changeProductVisibility", "changeRequest { id }", productId=product.id, visibility="RESTRICTED"
    )
    await approve(client, operator.admin, answer["changeRequest"]["id"])
    shown, hidden = await read(client, company.admin, product.id), await read(client, ANONYMOUS, product.id)

    assert "REMOVED" == shown["visibility"]
    assert hidden is None
    assert "PRODUCT_REMOVED" == (await queued_mails(rules_engine))[-1][0]


async def test_deleted_product_stays_with_its_users_until_the_last_offer_ends_R260_R263_R264_A30_A31_V38_V41(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It's RESTRICTED as long as an offer can be accepted. Then it's shown as REMOVED, even before the worker removes it."""
    company, operator, buyer = await seller(factory), await factory.operator(), await factory.company()
    product = await factory.product(company, visibility="PUBLIC", supports=["PORTS"])
    await factory.offer(company, [buyer], product=product)
    answer = await send(
        client, company.admin, "changeProductVisibility", "changeRequest { id }", productId=product.id, visibility="RESTRICTED"
    )
    await approve(client, operator.admin, answer["changeRequest"]["id"])

    restricted, used = await read(client, company.admin, product.id), await read(client, buyer.admin, product.id)
    await remove_products(rules_engine, URL)
    early = await stored_rows(rules_engine)
    await factory.change(product, removal_at=factory.now)
    due = await read(client, company.admin, product.id)
    await remove_products(rules_engine, URL)
    async with rules_engine.connect() as connection:
        stored = await connection.scalar(sa.select(Product.visibility).where(Product.id == product.key))

    assert ("RESTRICTED", "RESTRICTED") == (restricted["visibility"], used["visibility"])
    assert any("RESTRICTED" in row for row in early["product"])
    assert ("REMOVED", "REMOVED") == (due["visibility"], stored)


async def test_resubmission_is_reviewed_by_whom_its_visibility_needs_R258_V26(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A LIMITED submission failed, and a PUBLIC one of the same revision was withdrawn. The first one now goes to the operator."""
    company = await seller(factory)
    other = await create(client, company.admin, title="Other", slug="wanted")
    await submit(client, company.admin, other["id"])
    product = await create(client, company.admin, slug="wanted")
    failing = (await submit(client, company.admin, product["id"]))["changeRequest"]["id"]
    await decide_requests(rules_engine, URL)
    await send(client, company.admin, "reviseProduct", "productRevision { id }", productId=product["id"], slug="free")
    public = (await submit(client, company.admin, product["id"], visibility="PUBLIC"))["changeRequest"]["id"]
    await send(client, company.admin, "withdrawSubmission", "changeRequest { id }", changeRequestId=public)

    again = await send(client, company.admin, "resubmitChangeRequest", "changeRequest { status reviewedBy }", id=failing)
    await decide_requests(rules_engine, URL)
    published = await send(client, company.admin, "publishProduct", "product { visibility }", productId=product["id"])

    assert {"status": "UNDER_REVIEW", "reviewedBy": "OPERATOR"} == again["changeRequest"]
    assert [user_error("ILLEGAL_STEP")] == published["userErrors"]
    assert await read(client, ANONYMOUS, product["id"]) is None


async def test_newer_approval_takes_the_place_of_one_that_waits_A35_V28(client: Client, factory: Factory) -> None:
    """An approved revision that isn't published yet is SUPERSEDED when the next one is approved. Only that one can be published."""
    company, operator = await seller(factory), await factory.operator()
    product, first = await submitted(client, company.admin, visibility="PUBLIC")
    await approve(client, operator.admin, first)
    await send(client, company.admin, "reviseProduct", "productRevision { number }", productId=product, title="Second")
    second = (await submit(client, company.admin, product, visibility="PUBLIC"))["changeRequest"]["id"]

    await approve(client, operator.admin, second)
    query = """query ($ids: [ID!]!, $id: ID!) {
        nodes(ids: $ids) { ... on ChangeRequest { waitsFor { side } } }
        node(id: $id) { ... on Product { revisions { nodes { status } } } }
    }"""
    answer = (await client(company.admin, query, ids=[first, second], id=product)).data
    published = await send(client, company.admin, "publishProduct", "product { title }", productId=product)

    assert [None, {"side": "SELLER"}] == [each["waitsFor"] for each in answer["nodes"]]
    assert [{"status": "SUPERSEDED"}, {"status": "APPROVED"}] == answer["node"]["revisions"]["nodes"]
    assert {"title": "Second"} == published["product"]


async def let_time_pass(engine: AsyncEngine, days: int) -> None:
    """Let the approvals be some days older."""
    passed = timedelta(days=days)
    async with transaction(engine) as session:
        for model in (ProductRevision, ChangeRequest):
            await session.execute(sa.update(model).values(publish_by=model.publish_by - passed))


async def test_deleted_product_waits_for_no_publication_R261_R321_V60(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A revision that was approved and not published goes with its product. Nobody is told that its time is over."""
    company, operator = await seller(factory), await factory.operator()
    product, request = await submitted(client, company.admin, visibility="PUBLIC")
    await approve(client, operator.admin, request)
    values = {"productId": product, "visibility": "RESTRICTED"}
    deletion = await send(client, company.admin, "changeProductVisibility", "changeRequest { id }", **values)

    await approve(client, operator.admin, deletion["changeRequest"]["id"])
    await let_time_pass(rules_engine, 61)
    await reject_unpublished(rules_engine, URL)
    query = """query ($id: ID!) { node(id: $id) { ... on Product { visibility draft { id }
        revisions { nodes { status viewerCan } } changeRequests { nodes { waitsFor { side } } } } } }"""
    shown = (await client(company.admin, query, id=product)).data["node"]

    assert ("REMOVED", None) == (shown["visibility"], shown["draft"])
    assert [{"status": "SUPERSEDED", "viewerCan": ["READ"]}] == shown["revisions"]["nodes"]
    assert [{"waitsFor": None}] * 2 == shown["changeRequests"]["nodes"]
    assert "PRODUCT_REMOVED" == (await queued_mails(rules_engine))[-1][0]


@pytest.mark.parametrize("days", [59, 61])
async def test_approvals_end_after_sixty_days_R321_A33_V74(
    client: Client, factory: Factory, rules_engine: AsyncEngine, days: int
) -> None:
    """The sweep rejects the revision and tells who submitted it and the root user. It can be revised and submitted again."""
    company, operator = await seller(factory), await factory.operator()
    editor = await factory.user(company, "MARKETPLACE_EDITOR")
    product, request = await submitted(client, editor.email, visibility="PUBLIC")
    await approve(client, operator.admin, request)
    await let_time_pass(rules_engine, days)

    await reject_unpublished(rules_engine, URL)
    await reject_unpublished(rules_engine, URL)
    async with rules_engine.connect() as connection:
        status = await connection.scalar(sa.select(ProductRevision.status))
    revised = await send(
        client, company.admin, "reviseProduct", "productRevision { number status }", productId=product, title="B"
    )

    late = days > 60
    mails = [address for kind, address, _ in await queued_mails(rules_engine) if kind == "LISTING_REJECTED"]
    assert ("REJECTED" if late else "APPROVED") == status
    assert sorted([company.admin, editor.email] * late) == sorted(mails)
    assert {"number": 1 if late else 2, "status": "DRAFT"} == revised["productRevision"]


async def test_taken_slug_lets_the_request_fail_V27_A38(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Two drafts ask for the same slug. The first decision gives it away, and the second request fails."""
    company = await seller(factory)
    for title in ("One", "Two"):
        product = await create(client, company.admin, title=title, slug="wanted")
        await submit(client, company.admin, product["id"])

    await decide_requests(rules_engine, URL)
    async with rules_engine.connect() as connection:
        decided = (await connection.execute(sa.select(ChangeRequest.title, ChangeRequest.status, ChangeRequest.problems))).all()

    assert [("One", "SUCCEEDED", []), ("Two", "FAILED", ["slug"])] == sorted(
        (title, str(status), [problem["field"][0] for problem in problems]) for title, status, problems in decided
    )


async def test_slug_that_is_taken_during_a_decision_lets_the_request_fail_V27_A38(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Another transaction takes the slug after the machine has checked it. Nothing of the approval is left."""
    company = await seller(factory)
    product = await create(client, company.admin, slug="wanted")
    await submit(client, company.admin, product["id"])
    other = await factory.product(company, published_at=None)
    async with transaction(rules_engine) as session:
        await lock_slugs(session, PRODUCT_SLUGS)
        taking = {"slug": "wanted", "published_at": factory.now}
        await session.execute(sa.update(Product).where(Product.id == other.key).values(taking))
        deciding = asyncio.create_task(decide_requests(rules_engine, URL))
        await _until_someone_waits(rules_engine)

    await deciding
    shown = await read(client, company.admin, product["id"])

    (request,) = shown["changeRequests"]["nodes"]
    assert ("FAILED", [{"code": "TAKEN", "field": ["slug"]}]) == (request["status"], request["problems"])
    assert "REJECTED" == shown["draft"]["status"]
    assert ["LISTING_REJECTED"] == [kind for kind, _, _ in await queued_mails(rules_engine)]


async def _until_someone_waits(engine: AsyncEngine) -> None:
    """Wait until a transaction waits for a lock on the slugs."""
    waiting = sa.text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'product_slug'::regclass)")
    async with asyncio.timeout(20), engine.connect() as connection:
        while not await connection.scalar(waiting):  # noqa: ASYNC110 (PostgreSQL has no signal for it)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("rights", [True, False])
async def test_approval_of_what_has_ceased_to_hold_fails_V27_R217_R317_R320(
    client: Client, factory: Factory, rules_engine: AsyncEngine, rights: bool
) -> None:
    """The operator takes the publisher's right back after the submission. The reviewer gets the request with its problem."""
    company, operator = await seller(factory, auto_publish_allowed=True), await factory.operator()
    product = await create(client, company.admin)
    request = (await submit(client, company.admin, product["id"], visibility="PUBLIC", autoPublish=True))["changeRequest"]["id"]
    given = {"companyId": company.id, "autoPublish": rights}
    await send(client, operator.admin, "setPublisherRights", "company { id }", **given)

    answer = await approve(client, operator.admin, request, comment="Fine.")
    public = await read(client, ANONYMOUS, product["id"])

    problem = {
        "code": "AUTO_PUBLISH_NOT_ALLOWED",
        "message": "The operator hasn't allowed the company to publish automatically.",
        "field": ["autoPublish"],
    }
    assert [] == answer["userErrors"]
    assert ("SUCCEEDED" if rights else "FAILED") == answer["changeRequest"]["status"]
    assert [problem] * (not rights) == answer["changeRequest"]["problems"]
    assert rights == (public is not None)
    kind = "LISTING_PUBLISHED" if rights else "LISTING_REJECTED"
    assert (kind, company.admin) == (await queued_mails(rules_engine))[-1][:2]


@pytest.mark.parametrize("batch", [1, 100])
async def test_one_failing_decision_does_not_hold_up_the_others_V26(
    client: Client, factory: Factory, rules_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """A request whose dimensions can't be stored stays as it is, and the next one is decided, however many are found at a time."""
    monkeypatch.setattr(due_rows, "BATCH", batch)
    company = await seller(factory)
    broken, fine = [await factory.product(company, supports=["PORTS"]) for _ in range(2)]
    for product in (broken, fine):
        await add_dimensions(client, company.admin, product.id, "Night")
    async with rules_engine.connect() as connection:
        bad = (
            sa.update(ChangeRequest)
            .where(ChangeRequest.product_id == broken.key)
            .values(dimensions=[{"name": None, "unit": "x"}])
        )
        await connection.execute(bad)

    await decide_requests(rules_engine, URL)
    shown = [await read(client, company.admin, product.id) for product in (broken, fine)]

    assert [[], [{"name": "Night"}]] == [each["dimensions"] for each in shown]


async def test_concurrent_decisions_are_neither_lost_nor_doubled_R256(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Two reviewers, the seller and the worker act at once. Exactly one of them decides, and each step notifies once."""
    company, operator = await seller(factory), await factory.operator()
    second = await factory.user(operator, "REVIEWER")
    chance = Random(15)
    for number in range(ROUNDS):
        machine = number % 3 == 0
        asked: dict[str, Any] = {} if machine else {"visibility": "PUBLIC"}
        product, request = await submitted(client, company.admin, **asked)
        acts = {
            "SUCCEEDED": approve(client, operator.admin, request),
            "FAILED": reject(client, second.email, request),
            "WITHDRAWN": send(client, company.admin, "withdrawSubmission", "changeRequest { id }", changeRequestId=request),
            "comment": send(client, company.admin, "commentChangeRequest", "changeRequest { id }", id=request, text="Now."),
            "machine": decide_requests(rules_engine, URL),
        }
        order = chance.sample(list(acts), len(acts))

        answers: dict[str, Any] = dict(zip(order, await asyncio.gather(*(acts[name] for name in order)), strict=True))

        won = [status for status in STATUSES if not answers[status]["userErrors"]]
        await _check_one_decision(client, company, product, won or ["SUCCEEDED"] * machine)
    await _check_notified_once(rules_engine)


async def _check_one_decision(client: Client, company: Company, product: str, won: list[str]) -> None:
    """Exactly one act has decided, and the revision fits the request."""
    shown = await read(client, company.admin, product)
    (request,) = shown["changeRequests"]["nodes"]
    fits = {"SUCCEEDED": ("APPROVED", None), "FAILED": ("REJECTED",), "WITHDRAWN": ("DRAFT",)}
    assert [request["status"]] == won
    assert (shown["draft"] and shown["draft"]["status"]) in fits[request["status"]]


async def _check_notified_once(engine: AsyncEngine) -> None:
    """No recipient has two notifications of the same decision, and each has its email."""
    kinds = ("LISTING_APPROVED", "LISTING_REJECTED", "LISTING_PUBLISHED")
    async with engine.connect() as connection:
        each = (
            sa.select(sa.func.count())
            .where(Notification.kind.in_(kinds))
            .group_by(Notification.user_id, Notification.subject_key)
        )
        counts = (await connection.execute(each)).scalars().all()
        mails = await connection.scalar(sa.select(sa.func.count()).where(Mail.kind.in_(kinds)))
    assert {1} == set(counts)
    assert len(counts) == mails
