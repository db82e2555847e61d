"""Resolvers of invitations."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from models import Invitation
from resolvers.identity.email_tokens import hash_of
from resolvers.reading.batching import reads_columns
from resolvers.reading.field_sources import ToOne
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context

COLUMNS: Final[tuple[Any, ...]] = (Invitation.id, Invitation.company_id)
BY_TOKEN: Final = sa.select(*COLUMNS).where(
    Invitation.token_hash == sa.bindparam("token_hash", type_=sa.Text()), Invitation.expires_at > sa.func.now()
)
invited_by: Final = ToOne("User", "invited_by_id")


@reads_columns("company_id")
async def company(invitations: Sequence[Record], context: Context) -> list[Record | None]:
    """Return the company of each invitation, as the viewer reads it, or else as the holder of its link does (V57)."""
    keys = [invitation.company_id for invitation in invitations]
    companies = await context.loaders.rows("Company", keys)
    return [row or context.read_by_link.get(key) for key, row in zip(keys, companies, strict=True)]


async def invitation(roots: Sequence[object], context: Context, *, token: str) -> list[Record | None]:
    """Return what a visitor who holds the link can read, whoever asks (V57). None if the token isn't valid."""
    found = await context.reader.fetch(BY_TOKEN, {"token_hash": hash_of(token)})
    if not found:
        return [None] * len(roots)
    key, company_key = found[0]
    loaders = context.as_link_holder(key).loaders
    (row,), (sender,) = await gather(loaders.rows("Invitation", [key]), loaders.rows("Company", [company_key]))
    if row is not None and sender is not None:
        context.read_by_link[company_key] = sender
    return [row] * len(roots)
