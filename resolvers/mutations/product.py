"""Mutations of products by their sellers: drafts, submissions, publication, and requests to change what is published.

A draft refuses what is wrong when it's written. What is missing is refused when it's submitted (V61).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import ChangeRequest, Company, Product, ProductDimension, ProductRevision, ProductTestAccount
from models.base import now
from models.change_request import CHANGE_REQUEST, ChangeRequestKind, ReviewedBy
from models.notification import NotificationKind
from models.product import (
    LISTING,
    MAX_CATEGORIES,
    MAX_HIGHLIGHTS,
    MAX_KEYWORDS,
    ON_SALE,
    VISIBILITY,
    PlatformService,
    ProductVisibility,
    ServiceCategory,
)
from models.product_revision import LOCKED, WRITABLE, RevisionStatus
from resolvers.mutations.marketplace_profile import read_logo
from resolvers.notifying import message_templates
from resolvers.notifying.reviews import notify_of_submission, notify_seller
from resolvers.product import url_of
from resolvers.reviewing.controls import check
from resolvers.reviewing.locking import lock_request, lock_revision, newest_revision, request_under_review
from resolvers.reviewing.publication import STEPS, publish, show
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.dimensions import read_dimensions
from resolvers.writing.field_readers import FieldReader, assign, read_present, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.row_lists import read_rows
from resolvers.writing.runner import ChangedIds
from resolvers.writing.slugs import MAX_SLUG_LENGTH, SlugTaken, slug_of
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode, MutationRejected, UserError

MAX_TITLE_LENGTH: Final = 100  # characters
MAX_SUMMARY_LENGTH: Final = 500
MAX_DESCRIPTION_LENGTH: Final = 10_000
MAX_HIGHLIGHT_LENGTH: Final = 250
MAX_KEYWORD_LENGTH: Final = 50
MAX_REFERENCE_LENGTH: Final = 200
MAX_REFERENCES: Final = 20
MAX_RELATED: Final = 20
MAX_TEST_ACCOUNTS: Final = 100
SUBMITTABLE: Final = tuple(each for each in ProductVisibility if each in ON_SALE)
REQUESTABLE: Final = (*SUBMITTABLE, ProductVisibility.RESTRICTED)
UNDER_REVIEW: Final = 'Locked: "{title}" is under review. Wait for the decision, or withdraw it.'
INVALID_SLUG: Final = "Use lower-case letters from a to z, digits and single hyphens, such as {example}."
UNPUBLISHED: Final = "The product isn't published yet. Submit its draft with this visibility."
ITSELF: Final = "A product can't be related to itself."
OWN_TEST_ACCOUNT: Final = "The seller can see its own product. Name other companies."
SLUG_TAKEN: Final = "Another product has taken the slug {slug}. Revise the product with another one."
NEWER_DRAFT: Final = "The product has a newer revision. Submit that one."
GONE: Final = "The product is {visibility}, so it can't change any more."


@requires(Company="create_product")
async def create_product(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Create a product with its first revision, a draft (R214, R306, V61)."""
    company = await work.acting_company(fields, "create_product")
    values = await _read_listing(work, fields, company, None)
    dimensions = read_dimensions(fields)
    work.errors.raise_if_any()
    draft = ProductRevision(company_id=company.id, number=1, **values)
    product = Product(company_id=company.id, kind=fields.value("kind"), slug=draft.slug or slug_of(draft.title))
    await _add_draft(work, product, draft)
    for dimension in dimensions:
        await work.add(ProductDimension(company_id=company.id, product_id=product.id, **dimension))
    return _changed(product)


async def _add_draft(work: UnitOfWork, product: Product, draft: ProductRevision) -> None:
    """Store a new product that shows its draft."""
    _fill(draft)
    show(product, draft)
    await work.add(product)
    draft.product_id = draft.draft_of_id = product.id
    await work.add(draft)


def _fill(draft: ProductRevision) -> None:
    """Give the lists of a draft that aren't in the input their value before it's stored, so that the product can show them."""
    for name in LISTING:
        column = ProductRevision.__table__.c[name]
        if getattr(draft, name) is None and not column.nullable:
            setattr(draft, name, [])


@requires(Product="revise")
async def revise_product(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Change the draft of a product, or open one (R306, A34, A35). A submitted one is locked (V8)."""
    product = await _lock_product(work, fields, "revise")
    newest = product and await newest_revision(work.session, product)
    company = product and await work.scalar(sa.select(Company).where(Company.id == product.company_id))
    values = await _read_listing(work, fields, company, product)
    if newest is not None:
        await _check_revisable(work, fields, product, newest)
    work.errors.raise_if_any()
    draft = await _open_draft(work, product, newest)
    if values:
        draft.version += 1
    assign(draft, values)
    if product.published_at is None:
        show(product, draft)
        product.slug = draft.slug or slug_of(draft.title)
    await work.session.flush()
    return {"product_revision": Identifier("ProductRevision", draft.id)}


async def _check_revisable(work: UnitOfWork, fields: InputReader, product: Product, newest: ProductRevision) -> None:
    """Add an error if the newest revision is locked (V8) or has another version than the input (V72)."""
    if newest.status in LOCKED:
        request = await request_under_review(work.session, product)
        fields.add_error(ErrorCode.LOCKED, worded(UNDER_REVIEW, title=request.title if request else newest.title), "product_id")
    elif fields.value("version") is not None and fields.value("version") != newest.version:
        work.check_and_bump_version(fields, newest)


async def _open_draft(work: UnitOfWork, product: Product, newest: ProductRevision) -> ProductRevision:
    """Return the newest revision as a draft. One that was approved stays as it is, and a new one begins with what it says (A35)."""
    status = newest.standing(now())
    if status == RevisionStatus.REJECTED and newest.status == RevisionStatus.APPROVED:
        newest.take_step("lapse")  # it wasn't published in time (R321)
        await work.session.flush()
    if status in WRITABLE:
        if newest.status == RevisionStatus.REJECTED:
            newest.take_step("revise")
        return newest
    newest.draft_of_id = None
    await work.session.flush()
    copied = {name: getattr(newest, name) for name in (*LISTING, "slug")}
    draft = ProductRevision(
        company_id=product.company_id,
        product_id=product.id,
        draft_of_id=product.id,
        number=newest.number + 1,
        visibility=product.visibility,
        version=newest.version,
        **copied,
    )
    await work.add(draft)
    return draft


@requires(Product="revise", ProductRevision="submit")
async def submit_product(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Submit the draft of a product for review (R214, R215, R308, V26, V27), or say only what the review would find."""
    product = await _lock_product(work, fields, "revise")
    visibility = fields.choice("visibility", SUBMITTABLE)
    work.errors.raise_if_any()
    newest = await newest_revision(work.session, product)
    if newest.status not in LOCKED:
        await _check_unlocked(work, fields, product)
    if newest.status == RevisionStatus.DRAFT:
        await work.lock_by_key(fields, "product_id", "ProductRevision", newest.id, "submit")
    work.errors.raise_if_any()
    newest.take_step("submit")
    newest.visibility = visibility or product.visibility
    newest.auto_publish = bool(fields.value("auto_publish"))
    newest.submitted_at = now()
    request = _request(
        work, product, ChangeRequestKind.UPDATE_INFORMATION if product.published_at else ChangeRequestKind.CREATE
    )
    request.revision_id, request.title = newest.id, newest.title
    request.reviewed_by = _reviewer(newest.visibility)
    await _submit(work, request, validate_only=bool(fields.value("validate_only")))
    return _requested(request)


async def _submit(work: UnitOfWork, request: ChangeRequest, *, validate_only: bool = False) -> None:
    """Store a request under review if all controls pass (V27). Otherwise, or if it's only to be validated, change nothing."""
    with work.session.no_autoflush:
        controls = await check(work.session, request)
    errors = [_user_error(problem) for control in controls for problem in control.problems]
    if errors or validate_only:
        raise MutationRejected(errors, {"controls": controls})
    await work.add(request)
    await notify_of_submission(work.session, request, work.context.services.site_url)


def _user_error(problem: Any) -> UserError:
    return UserError(problem.code, problem.message, problem.field)


@requires(ChangeRequest="withdraw")
async def withdraw_submission(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Withdraw a request that isn't decided yet. Its revision is a draft again (A35, V69)."""
    _, request = await lock_request(work, fields, "change_request_id", "withdraw")
    revision = await lock_revision(work.session, request)
    request.take_step("withdraw")
    request.decided_at, request.decided_by = now(), work.context.viewer.user_id
    if revision is None:
        return _requested(request)
    revision.take_step("withdraw")
    return {**_requested(request), "product_revision": Identifier("ProductRevision", revision.id)}


@requires(Product="revise", ProductRevision="publish")
async def publish_product(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Publish the approved revision of a product, at once (R318, R319, R321)."""
    product = await _lock_product(work, fields, "revise")
    work.errors.raise_if_any()
    approved = (ProductRevision.product_id == product.id, ProductRevision.status == RevisionStatus.APPROVED)
    key = await work.scalar(sa.select(ProductRevision.id).where(*approved))
    revision = await newest_revision(work.session, product)
    if key is not None:
        revision = await work.lock_by_key(fields, "product_id", "ProductRevision", key, "publish")
    work.errors.raise_if_any()
    type(revision).LIFECYCLE.next_state("publish", revision.standing(now()))
    try:
        await publish(work.session, product, revision)
    except SlugTaken:
        fields.add_error(ErrorCode.TAKEN, worded(SLUG_TAKEN, slug=revision.slug), "product_id")
    work.errors.raise_if_any()
    message = message_templates.listing_published(product.title, url_of(work.context.services.site_url, product.slug))
    await notify_seller(work.session, NotificationKind.LISTING_PUBLISHED, product, message)
    return _changed(product)


@requires(Product="add_dimensions")
async def add_product_dimensions(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Request further dimensions (R249, R250, V26)."""
    product = await _lock_product(work, fields, "add_dimensions")
    dimensions = read_dimensions(fields)
    if not fields.value("dimensions"):
        fields.add_error(ErrorCode.REQUIRED, "Name at least one dimension.", "dimensions")
    if product is not None:
        await _check_unlocked(work, fields, product)
    work.errors.raise_if_any()
    request = _request(work, product, ChangeRequestKind.ADD_DIMENSIONS)
    request.dimensions = dimensions
    await _submit(work, request)
    return _requested(request)


@requires(Product="change_visibility")
async def change_product_visibility(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Request another visibility or other test accounts. RESTRICTED deletes the product (R254, R255, R258, R261, V26)."""
    product = await _lock_product(work, fields, "change_visibility")
    visibility = fields.choice("visibility", REQUESTABLE)
    accounts = await _read_test_accounts(work, fields, product)
    if product is not None:
        await _check_unlocked(work, fields, product)
        if visibility in SUBMITTABLE and product.published_at is None:
            fields.add_error(ErrorCode.INVALID_VALUE, UNPUBLISHED, "visibility")
    work.errors.raise_if_any()
    if (product.visibility, visibility) != (ProductVisibility.LIMITED, ProductVisibility.LIMITED):
        VISIBILITY.next_state(STEPS[visibility], product.visibility)
    request = _request(work, product, ChangeRequestKind.UPDATE_VISIBILITY)
    request.visibility, request.test_account_ids = visibility, accounts
    request.reviewed_by = _reviewer(visibility)
    await _submit(work, request)
    return _requested(request)


@requires(ChangeRequest="resubmit")
async def resubmit_change_request(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Submit a failed request again, once what it failed for is mended (R217, R248, R252)."""
    product, request = await lock_request(work, fields, "id", "resubmit")
    CHANGE_REQUEST.next_state("resubmit", request.status)
    revision = await lock_revision(work.session, request)
    await _check_unlocked(work, fields, product, "id")
    if product.visibility not in ON_SALE:
        fields.add_error(ErrorCode.LOCKED, worded(GONE, visibility=product.visibility), "id")
    elif revision is not None and revision.draft_of_id is None:
        fields.add_error(ErrorCode.LOCKED, NEWER_DRAFT, "id")
    work.errors.raise_if_any()
    request.take_step("resubmit")
    request.problems, request.checks, request.decided_at, request.decided_by = [], [], None, None
    request.last_comment_by = request.last_comment_at = None
    request.submitted_at, request.submitted_by = now(), work.context.viewer.user_id
    if revision is not None:
        await _resubmit_revision(work, revision)
        request.title = revision.title
        request.reviewed_by = _reviewer(revision.visibility)  # a later submission may have asked for another one (V26)
    await _submit(work, request)
    return _requested(request)


async def _resubmit_revision(work: UnitOfWork, revision: ProductRevision) -> None:
    """Submit a revision again, revised or not. Raises IllegalStep."""
    if revision.status == RevisionStatus.REJECTED:
        revision.take_step("revise")
        await work.session.flush()
    revision.take_step("submit")
    revision.submitted_at = now()


async def _lock_product(work: UnitOfWork, fields: InputReader, action: str) -> Any:
    """Lock the product whose id is in the input. One that is RESTRICTED or REMOVED can't change any more."""
    product = await work.lock_for_update(fields, "product_id", "Product", action)
    if product is not None and product.visibility not in ON_SALE:
        fields.add_error(ErrorCode.ILLEGAL_STEP, worded(GONE, visibility=product.visibility), "product_id")
    return product


async def _check_unlocked(work: UnitOfWork, fields: InputReader, product: Product, name: str = "product_id") -> None:
    """Add an error if a request of the product is under review already: one is decided at a time (V8)."""
    request = await request_under_review(work.session, product)
    if request is not None:
        fields.add_error(ErrorCode.LOCKED, worded(UNDER_REVIEW, title=request.title), name)


def _request(work: UnitOfWork, product: Product, kind: ChangeRequestKind) -> ChangeRequest:
    """Return a new request of the viewer, which the machine reviews."""
    return ChangeRequest(
        company_id=product.company_id,
        product_id=product.id,
        kind=kind,
        title=product.title,
        reviewed_by=ReviewedBy.MACHINE,
        submitted_by=work.context.viewer.user_id,
    )


def _reviewer(visibility: ProductVisibility) -> ReviewedBy:
    """Return who decides about a visibility (V26)."""
    return ReviewedBy.MACHINE if visibility == ProductVisibility.LIMITED else ReviewedBy.OPERATOR


def _changed(product: Product) -> ChangedIds:
    return {"product": Identifier("Product", product.id)}


def _requested(request: ChangeRequest) -> ChangedIds:
    return {"change_request": Identifier("ChangeRequest", request.id)}


def _lines(name: str, max_items: int, max_length: int) -> FieldReader:
    """Return a reader of a list of lines."""
    return lambda fields, _: fields.texts(name, max_items, max_length)


def _codes(name: str, max_items: int, allowed: type[StrEnum]) -> FieldReader:
    """Return a reader of a list of values of an enum."""
    return lambda fields, _: fields.enum_values(name, max_items, set(allowed))


def _read_slug(fields: InputReader, name: str) -> str | None:
    """Read a slug: what `slug_of` makes of a name (A38)."""
    slug = fields.text(name, MAX_SLUG_LENGTH, required=False)
    if slug is not None and slug_of(slug) != slug:
        fields.add_error(ErrorCode.INVALID_VALUE, worded(INVALID_SLUG, example=slug_of(slug)), name)
    return slug


READERS: Final[Mapping[str, FieldReader]] = {
    "title": text(MAX_TITLE_LENGTH),
    "summary": text(MAX_SUMMARY_LENGTH, required=False, lines=True),
    "description": text(MAX_DESCRIPTION_LENGTH, required=False, lines=True),
    "categories": _codes("categories", MAX_CATEGORIES, ServiceCategory),
    "highlights": _lines("highlights", MAX_HIGHLIGHTS, MAX_HIGHLIGHT_LENGTH),
    "keywords": _lines("keywords", MAX_KEYWORDS, MAX_KEYWORD_LENGTH),
    "supports": _codes("supports", len(PlatformService), PlatformService),
    "customer_references": _lines("customer_references", MAX_REFERENCES, MAX_REFERENCE_LENGTH),
    "slug": _read_slug,
}


async def _read_listing(
    work: UnitOfWork, fields: InputReader, company: Company | None, product: Product | None
) -> dict[str, Any]:
    """Read what a listing says, as far as it's in the input."""
    values = read_present(fields, READERS)
    if fields.has("logo_id"):
        values["logo_id"] = await read_logo(work, fields, company)
    if fields.has("related_product_ids"):
        own = None if product is None else product.id
        values["related_ids"] = await read_rows(work, fields, "related_product_ids", "Product", MAX_RELATED, (own, ITSELF))
    return values


async def _read_test_accounts(work: UnitOfWork, fields: InputReader, product: Product | None) -> list[UUID]:
    """Read the companies that will test a product (R254). Without them in the input, they stay the same."""
    if not fields.has("test_account_ids"):
        current = sa.select(ProductTestAccount.company_id).where(ProductTestAccount.product_id == (product and product.id))
        return list(await work.session.scalars(current))
    seller = None if product is None else product.company_id
    return await read_rows(work, fields, "test_account_ids", "Company", MAX_TEST_ACCOUNTS, (seller, OWN_TEST_ACCOUNT))
