"""Mutations of portal origins. An origin counts once its pages have shown that they are the company's own (V52)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil
from secrets import token_urlsafe
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import PortalOrigin
from models.base import now
from models.portal_origin import CHECK_INTERVAL, MAX_ORIGINS, PROOF_SECONDS
from resolvers.mutations.api_key import read_origins
from resolvers.portal_origin import address_of_proof
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.values.web_addresses import is_local_origin, web_origin
from resolvers.writing.input_reader import InputReader
from resolvers.writing.procedures import Steps
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

PROOF_PREFIX: Final = "crossgate-portal-"
PROOF_BYTES: Final = 24  # of randomness
UNLISTED: Final = "The company's portal doesn't list this origin."
TOO_SOON: Final = "The origin was just checked. Try again in {seconds} seconds."
UNREADABLE: Final = (
    "The file at {url} can't be read. It needs a public address, https, status 200 without a redirect, and an answer within "
    "{limit} seconds."
)
UNPROVEN: Final = "The file at {url} doesn't have the origin's proof as one of its lines."


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


@requires(Company="verify_portal_origin")
async def verify_portal_origin(steps: Steps, _fields: InputReader) -> Mapping[str, Any]:
    """Read the file with which an origin proves that it's the company's, and let the origin count if it has the proof.

    The file is read between two transactions, so that nothing waits for another's server.
    """
    found = await steps.transact(_begin_check)
    if found.verified_at is None:
        await _check(steps, found)
        await steps.transact(lambda work, fields: _verify(work, fields, found))
    (company,) = await steps.context.loaders.rows("Company", [found.company_id])
    return {"company": company}


async def _check(steps: Steps, found: PortalOrigin) -> None:
    """Read the file of an origin. Raises MutationRejected unless it has the proof."""
    url = address_of_proof(found.origin)
    text = await steps.context.services.read_proof(url)
    if text is None:
        raise steps.reject(ErrorCode.PROOF_NOT_FOUND, worded(UNREADABLE, url=url, limit=round(PROOF_SECONDS)), "origin")
    if found.proof not in map(str.strip, text.splitlines()):
        raise steps.reject(ErrorCode.PROOF_NOT_FOUND, worded(UNPROVEN, url=url), "origin")


async def _begin_check(work: UnitOfWork, fields: InputReader) -> PortalOrigin:
    """Return the origin to check, and note the time: others' servers aren't asked too often. Raises MutationRejected."""
    found = await _lock_listed(work, fields)
    due_in = _due_in(found)
    if due_in > timedelta():
        fields.add_error(ErrorCode.TOO_MANY, worded(TOO_SOON, seconds=ceil(due_in.total_seconds())), "origin")
        work.errors.raise_if_any()
    if found.verified_at is None:
        found.checked_at = now()
    return found


def _due_in(found: PortalOrigin) -> timedelta:
    """Return in how much time an origin can be checked. One that is verified isn't checked again."""
    if found.verified_at is not None or found.checked_at is None:
        return timedelta()
    return found.checked_at + CHECK_INTERVAL - now()


async def _verify(work: UnitOfWork, fields: InputReader, checked: PortalOrigin) -> None:
    """Let an origin count, unless it has been removed meanwhile, or replaced by one with another proof. Raises MutationRejected."""
    found = await _lock_listed(work, fields)
    if found.proof != checked.proof:
        fields.add_error(ErrorCode.NOT_FOUND, UNLISTED, "origin")
        work.errors.raise_if_any()
    found.verified_at = found.verified_at or now()


async def _lock_listed(work: UnitOfWork, fields: InputReader) -> PortalOrigin:
    """Return the origin that the input names, of a company that the viewer can verify origins for. Raises MutationRejected."""
    company = await work.acting_company(fields, "verify_portal_origin")
    work.errors.raise_if_any()
    origin = web_origin(fields.value("origin"))
    listed = sa.select(PortalOrigin).where(PortalOrigin.company_id == company.id, PortalOrigin.origin == origin)
    found: PortalOrigin | None = await work.scalar(listed.with_for_update())
    if found is None:
        fields.add_error(ErrorCode.NOT_FOUND, UNLISTED, "origin")
    work.errors.raise_if_any()
    assert found is not None  # noqa: S101 (otherwise there was an error)
    return found


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
