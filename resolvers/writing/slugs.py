"""Slugs: the last part of the URLs of profiles and products (R014, A3, A38). Current and former slugs are unique.

Setting a slug locks the table of former slugs until the transaction ends, so that slugs are set one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from slugify import slugify
from sqlalchemy.ext.asyncio import AsyncSession

from models.slugs import PRODUCT_SLUGS, Slugs

MAX_SLUG_LENGTH: Final = 80  # characters, without the number


class SlugTaken(Exception):
    """Another row has or had the slug."""


def slug_of(name: str, default: str = PRODUCT_SLUGS.default) -> str:
    """Return the slug of a name before a number is added: lower-case ASCII with hyphens."""
    base = slugify(name, entities=False, decimal=False, hexadecimal=False, max_length=MAX_SLUG_LENGTH, algorithm="modern")
    return base or default


async def lock_slugs(session: AsyncSession, slugs: Slugs) -> None:
    """Wait for other transactions that set a slug of this type, and block new ones until the transaction ends."""
    await session.execute(sa.text(f"LOCK TABLE {slugs.former.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


async def follow_name(session: AsyncSession, slugs: Slugs, row: Any, name: str, former_name: str | None) -> None:
    """Set the slug for a row's new name, unless it already has one made from the same words. New rows have no `former_name`."""
    base = slug_of(name, slugs.default)
    if former_name is not None and slug_of(former_name, slugs.default) == base and _is_made_from(row.slug, base):
        return
    with session.no_autoflush:
        await lock_slugs(session, slugs)
        await take(session, slugs, row, await _free_slug(session, slugs, base, row.id), is_new=former_name is None)


async def take(session: AsyncSession, slugs: Slugs, row: Any, slug: str, *, is_new: bool) -> None:
    """Set a row's slug, which must be free. The former slug still leads to the row, and can become its slug again."""
    former = None if is_new else row.slug
    row.slug = slug
    await session.execute(sa.delete(slugs.former).where(slugs.former.slug == slug))
    if former is not None and former != slug:
        session.add(slugs.former(slug=former, **{slugs.owner.key: row.id}))


async def is_taken(session: AsyncSession, slugs: Slugs, slug: str, own: UUID | None) -> bool:
    """Return whether another row has or had a slug."""
    found = [select.where(column == slug).limit(1) for select, column in _selects(slugs, own)]
    return (await session.scalar(sa.union_all(*found).limit(1))) is not None


def _is_made_from(slug: str, base: str) -> bool:
    """Return whether a slug is `base`, or `base` with a number."""
    head, _, number = slug.rpartition("-")
    return slug == base or (head == base and number.isdecimal())


async def _free_slug(session: AsyncSession, slugs: Slugs, base: str, own: UUID | None) -> str:
    """Return `base`, or else the first of `base-2`, `base-3` … that no other row has or had."""
    like = [select.where(_starts_like(column, base)) for select, column in _selects(slugs, own)]
    taken = set(await session.scalars(sa.union_all(*like)))
    numbered = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(slug for slug in numbered if slug not in taken)


def _starts_like(slug: sa.SQLColumnExpression[str], base: str) -> sa.ColumnElement[bool]:
    return sa.or_(slug == base, slug.startswith(f"{base}-", autoescape=True))


def _selects(slugs: Slugs, own: UUID | None) -> Iterator[tuple[sa.Select[Any], Any]]:
    """Yield a query of other rows' current slugs, and one of their former slugs, each with the column that it selects."""
    current, former = slugs.current, slugs.former
    yield sa.select(current.slug).where(slugs.has_url, current.id.is_distinct_from(own)), current.slug
    yield sa.select(former.slug).where(slugs.owner.is_distinct_from(own)), former.slug
