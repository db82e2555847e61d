"""What the machine checks about a change request: when it's submitted, and again when it's decided (V27).

A control passes if it finds no problem. Each problem names the draft's field (V72).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import ChangeRequest, Company, Product, ProductDimension, ProductRevision, SellerRegistration
from models.change_request import ChangeRequestKind, ControlName, ControlResult
from models.company import VerificationStatus
from models.product import MAX_CATEGORIES, MAX_DIMENSIONS, MAX_HIGHLIGHTS, MAX_KEYWORDS, ProductKind, ProductVisibility
from models.slugs import PRODUCT_SLUGS
from resolvers.change_request import Problem
from resolvers.writing.slugs import is_taken
from resolvers.writing.user_errors import ErrorCode


@dataclass(frozen=True, slots=True)
class Control:
    """A control and the problems that it found."""

    name: ControlName
    problems: tuple[Problem, ...]

    @property
    def result(self) -> ControlResult:
        """The result."""
        return ControlResult.FAIL if self.problems else ControlResult.PASS


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: a request, with its product, seller, and the revision that is submitted, if there is one."""

    request: ChangeRequest
    product: Product
    company: Company
    revision: ProductRevision | None

    @property
    def listing(self) -> Any:
        """What the product will say."""
        return self.revision or self.product


Check: TypeAlias = Callable[[AsyncSession, Subject], Awaitable[Sequence[Problem]]]


async def check(session: AsyncSession, request: ChangeRequest) -> list[Control]:
    """Return all controls of a request, which needn't be stored yet."""
    product = await session.get_one(Product, request.product_id)
    company = (await session.scalars(sa.select(Company).where(Company.id == product.company_id))).one()
    revision = None if request.revision_id is None else await session.get_one(ProductRevision, request.revision_id)
    subject = Subject(request, product, company, revision)
    return [Control(name, tuple(await CHECKS[name](session, subject))) for name in _names(subject)]


def _names(subject: Subject) -> Sequence[ControlName]:
    """Return what is checked about a request. Deleting a product is always possible."""
    if subject.request.kind == ChangeRequestKind.ADD_DIMENSIONS:
        return (*ABOUT_SELLER, ControlName.DIMENSIONS)
    if subject.request.kind == ChangeRequestKind.UPDATE_VISIBILITY:
        return () if subject.request.visibility == ProductVisibility.RESTRICTED else (*ABOUT_SELLER, ControlName.PLATFORM_LINK)
    return [name for name in ControlName if name is not ControlName.DIMENSIONS]


async def _company_verified(_session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    """The operator has verified the seller (A40)."""
    verified = subject.company.verification_status == VerificationStatus.VERIFIED
    return () if verified else [_problem(ErrorCode.COMPANY_NOT_VERIFIED, "The operator hasn't verified the company yet.")]


async def _seller_registered(session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    """The seller is registered with a bank account (R207, R208)."""
    registration = sa.select(SellerRegistration.id).where(SellerRegistration.company_id == subject.company.id)
    if await session.scalar(registration) is not None:
        return ()
    return [_problem(ErrorCode.SELLER_NOT_REGISTERED, "Register the company as a seller first, with registerSeller.")]


async def _platform_link(session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    """The product supports a service of the platform, or a product that is PUBLIC now (R210)."""
    related = [key for key in subject.listing.related_ids if key != subject.product.id]
    public = sa.select(Product.id).where(Product.id.in_(related), Product.visibility == ProductVisibility.PUBLIC).limit(1)
    if subject.listing.supports or (related and await session.scalar(public) is not None):
        return ()
    return [
        _problem(ErrorCode.REQUIRED, "Name a service of the platform or a public product that this one supports.", "supports")
    ]


async def _categories(_session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    return _count(subject.listing.categories, 1, MAX_CATEGORIES, "categories")


async def _highlights(_session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    return _count(subject.listing.highlights, 1, MAX_HIGHLIGHTS, "highlights")


async def _keywords(_session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    return _count(subject.listing.keywords, 0, MAX_KEYWORDS, "keywords")


async def _description(_session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    """The listing tells buyers what is offered (R203)."""
    if subject.listing.summary or subject.listing.description:
        return ()
    return [_problem(ErrorCode.REQUIRED, "Say in a summary or a description what the product offers.", "summary")]


async def _customer_references(_session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    """The seller of a service proves by a customer that it can deliver (R311, A37)."""
    if subject.product.kind != ProductKind.SERVICE or subject.listing.customer_references:
        return ()
    return [
        _problem(ErrorCode.REQUIRED, "Name a customer who can confirm that you delivered this service.", "customerReferences")
    ]


async def _slug(session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    """No other product has or had the slug (A38)."""
    slug = subject.listing.slug if subject.revision else None
    if slug is None or not await is_taken(session, PRODUCT_SLUGS, slug, subject.product.id):
        return ()
    return [SLUG_TAKEN]


async def _publisher_rights(_session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    """The operator lets the seller publish automatically (R320, A36)."""
    if subject.revision is None or not subject.revision.auto_publish or subject.company.auto_publish_allowed:
        return ()
    message = "The operator hasn't allowed the company to publish automatically."
    return [_problem(ErrorCode.AUTO_PUBLISH_NOT_ALLOWED, message, "autoPublish")]


async def _dimensions(session: AsyncSession, subject: Subject) -> Sequence[Problem]:
    """The product has no dimension of the same name yet, and room for the new ones (R250, V7)."""
    stored = sa.select(ProductDimension.name).where(ProductDimension.product_id == subject.product.id)
    names, added = set(await session.scalars(stored)), subject.request.dimensions or []
    repeated = [
        _problem(ErrorCode.DUPLICATE, "The product already has a dimension with this name.", "dimensions", str(place), "name")
        for place, dimension in enumerate(added)
        if dimension["name"] in names
    ]
    if len(names) + len(added) <= MAX_DIMENSIONS:
        return repeated
    message = f"A product can have {MAX_DIMENSIONS} dimensions or fewer. It has {len(names)} already."
    return [*repeated, _problem(ErrorCode.TOO_MANY, message, "dimensions")]


def _count(values: Sequence[str], least: int, most: int, field: str) -> Sequence[Problem]:
    """Return a problem if a list has too few or too many values (R211, V7)."""
    if len(values) < least:
        return [_problem(ErrorCode.REQUIRED, f"Needs {least} to {most}.", field)]
    return [] if len(values) <= most else [_problem(ErrorCode.TOO_MANY, f"Must be {most} or fewer.", field)]


def _problem(code: ErrorCode, message: str, *field: str) -> Problem:
    return Problem(code.value, message, list(field) or None)


SLUG_TAKEN: Final = _problem(ErrorCode.TAKEN, "Another product has or had this slug.", "slug")
ABOUT_SELLER: Final = (ControlName.COMPANY_VERIFIED, ControlName.SELLER_REGISTERED)
CHECKS: Final[dict[ControlName, Check]] = {
    ControlName.COMPANY_VERIFIED: _company_verified,
    ControlName.SELLER_REGISTERED: _seller_registered,
    ControlName.PLATFORM_LINK: _platform_link,
    ControlName.CATEGORIES: _categories,
    ControlName.DESCRIPTION: _description,
    ControlName.HIGHLIGHTS: _highlights,
    ControlName.KEYWORDS: _keywords,
    ControlName.CUSTOMER_REFERENCES: _customer_references,
    ControlName.SLUG: _slug,
    ControlName.PUBLISHER_RIGHTS: _publisher_rights,
    ControlName.DIMENSIONS: _dimensions,
}
