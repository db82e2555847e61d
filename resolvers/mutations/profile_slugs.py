"""Slugs: the last part of profile URLs, derived from profile names (R014, A3). A slug is never shared, not even a former one.

Setting a slug locks the table of former slugs until the transaction ends, so that slugs are set one after the other.
"""

from __future__ import annotations

from itertools import count
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from slugify import slugify
from sqlalchemy.ext.asyncio import AsyncSession

from models import MarketplaceProfile, ProfileSlug

MAX_LENGTH: Final = 80  # characters, without the number
DEFAULT_SLUG: Final = "profile"  # for a name without letters or digits that can be written in ASCII
LOCK_SLUGS: Final = sa.text("LOCK TABLE profile_slug IN SHARE ROW EXCLUSIVE MODE")


def slug_of(name: str) -> str:
    """Return the slug of a name before a number is added: lower-case ASCII with hyphens."""
    base = slugify(name, entities=False, decimal=False, hexadecimal=False, max_length=MAX_LENGTH, algorithm="modern")
    return base or DEFAULT_SLUG


async def follow_name(session: AsyncSession, profile: MarketplaceProfile, name: str) -> None:
    """Set the slug for a profile's new name. The former slug still finds the profile, and can become its slug again."""
    former, base = profile.slug, slug_of(name)
    if former is not None and slug_of(profile.company_name) == base:
        return
    with session.no_autoflush:
        await session.execute(LOCK_SLUGS)
        profile.slug = await _free_slug(session, base, profile.id)
        if former is not None and former != profile.slug:
            await session.execute(sa.delete(ProfileSlug).where(ProfileSlug.slug == profile.slug))
            session.add(ProfileSlug(slug=former, profile_id=profile.id))


async def _free_slug(session: AsyncSession, base: str, own: UUID | None) -> str:
    """Return the slug itself, or the first of `-2`, `-3` … that no other profile has or had."""
    current = sa.select(MarketplaceProfile.slug).where(
        _starts_like(MarketplaceProfile.slug, base), MarketplaceProfile.id.is_distinct_from(own)
    )
    former = sa.select(ProfileSlug.slug).where(
        _starts_like(ProfileSlug.slug, base), ProfileSlug.profile_id.is_distinct_from(own)
    )
    taken = set(await session.scalars(sa.union_all(current, former)))
    numbered = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(slug for slug in numbered if slug not in taken)


def _starts_like(slug: sa.SQLColumnExpression[str], base: str) -> sa.ColumnElement[bool]:
    return sa.or_(slug == base, slug.startswith(f"{base}-", autoescape=True))
