"""Slugs: the ends of profiles' addresses, made from their names (R014, A3). No two profiles have, or have had, the same one.

Whoever gives a slug locks the table of former ones until its transaction ends, so that slugs are given one after the other.
"""

from __future__ import annotations

from itertools import count
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from slugify import slugify
from sqlalchemy.ext.asyncio import AsyncSession

from models import MarketplaceProfile, ProfileSlug

MAX_LENGTH: Final = 80  # characters, without a number
DEFAULT_SLUG: Final = "profile"  # of a name that has no letter or digit that could be written in ASCII
TAKE_TURNS: Final = sa.text("LOCK TABLE profile_slug IN SHARE ROW EXCLUSIVE MODE")


def slug_of(name: str) -> str:
    """The slug of a name while nobody else has it: ASCII, lower case, hyphens."""
    plain = slugify(name, entities=False, decimal=False, hexadecimal=False, max_length=MAX_LENGTH, algorithm="modern")
    return plain or DEFAULT_SLUG


async def follow_name(session: AsyncSession, profile: MarketplaceProfile, name: str) -> None:
    """Give a profile the slug of its new name; its former one goes on finding it, and may become its slug again."""
    former, plain = profile.slug, slug_of(name)
    if former is not None and slug_of(profile.company_name) == plain:
        return
    with session.no_autoflush:
        await session.execute(TAKE_TURNS)
        profile.slug = await _free(session, plain, profile.id)
        if former is not None and former != profile.slug:
            await session.execute(sa.delete(ProfileSlug).where(ProfileSlug.slug == profile.slug))
            session.add(ProfileSlug(slug=former, profile_id=profile.id))


async def _free(session: AsyncSession, plain: str, own: UUID | None) -> str:
    """The slug itself, or the first of `-2`, `-3` … that no other profile has or has had."""
    now = sa.select(MarketplaceProfile.slug).where(
        _like(MarketplaceProfile.slug, plain), MarketplaceProfile.id.is_distinct_from(own)
    )
    before = sa.select(ProfileSlug.slug).where(_like(ProfileSlug.slug, plain), ProfileSlug.profile_id.is_distinct_from(own))
    taken = set(await session.scalars(sa.union_all(now, before)))
    numbered = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
    return next(slug for slug in numbered if slug not in taken)


def _like(slug: sa.SQLColumnExpression[str], plain: str) -> sa.ColumnElement[bool]:
    return sa.or_(slug == plain, slug.startswith(f"{plain}-", autoescape=True))
