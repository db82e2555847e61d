"""Mutations of portal origins. An origin counts once its pages have shown that they are the company's own (V52)."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_urlsafe
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from models import PortalOrigin
from models.base import now
from models.portal_origin import MAX_ORIGINS
from resolvers.mutations.api_key import read_origins
from resolvers.values.identifiers import Identifier
from resolvers.values.web_addresses import is_local_origin
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires

PROOF_PREFIX: Final = "crossgate-portal-"
PROOF_BYTES: Final = 24  # of randomness


@requires(Company="set_portal_origins")
async def set_portal_origins(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Replace the origins of a company's portal. Origins that stay keep their proof; the sessions of removed ones end."""
    company = await work.acting_company(fields, "set_portal_origins")
    origins = read_origins(fields, MAX_ORIGINS, local=work.context.services.origins.local)
    if company is not None:
        work.check_and_bump_version(fields, company)
    work.errors.raise_if_any()
    await _replace(work, company.id, origins)
    return {"company": Identifier("Company", company.id)}


async def _replace(work: UnitOfWork, company: UUID, origins: Sequence[str]) -> None:
    """Delete the origins that aren't listed, and add the new ones in their order."""
    stored = await work.session.scalars(sa.select(PortalOrigin).where(PortalOrigin.company_id == company).with_for_update())
    current = {row.origin: row for row in stored}
    for origin in current.keys() - set(origins):
        await work.session.delete(current[origin])
    for origin in origins:
        if origin not in current:
            await work.add(_new(company, origin))


def _new(company: UUID, origin: str) -> PortalOrigin:
    """Return a new origin. One on this machine, which only development allows, needs no proof."""
    verified_at = now() if is_local_origin(origin) else None
    proof = PROOF_PREFIX + token_urlsafe(PROOF_BYTES)
    return PortalOrigin(company_id=company, origin=origin, proof=proof, verified_at=verified_at)
