"""Mutations of identity issuers. A changed issuer is a new one: nobody stays signed in with tokens of the previous one (V53, V75)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import ada_url
import sqlalchemy as sa

from models import IdentityIssuer
from models.identity_issuer import MAX_AUDIENCE_LENGTH
from resolvers.values.identifiers import Identifier
from resolvers.values.web_addresses import is_secure
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

INVALID_ISSUER: Final = "Enter the issuer's URL with https and without a query, such as https://login.example.com/tenant."
MISSING_ISSUER: Final = "Required: the issuer's URL, or null to remove the issuer."
TAKEN: Final = "Another company has this issuer with the same audience. Register an audience of your own at the issuer."


@requires(Company="set_identity_issuer")
async def set_identity_issuer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Set the OpenID issuer of a company, or remove it. Setting what is set already changes nothing."""
    company = await work.acting_company(fields, "set_identity_issuer")
    wanted = _read_issuer(work, fields)
    work.errors.raise_if_any()
    current = await work.scalar(sa.select(IdentityIssuer).where(IdentityIssuer.company_id == company.id).with_for_update())
    if wanted is not None:
        await _check_free(work, fields, company.id, wanted)
        work.errors.raise_if_any()
    if current is not None and (current.issuer, current.audience) != wanted:
        await work.session.delete(current)
        await work.session.flush()
        current = None
    if current is None and wanted is not None:
        issuer, audience = wanted
        await work.add(IdentityIssuer(company_id=company.id, issuer=issuer, audience=audience))
    return {"company": Identifier("Company", company.id)}


def _read_issuer(work: UnitOfWork, fields: InputReader) -> tuple[str, str] | None:
    """Read the issuer and the audience, or None if the issuer is null."""
    if not fields.has("issuer"):
        fields.add_error(ErrorCode.REQUIRED, MISSING_ISSUER, "issuer")
    if fields.value("issuer") is None:
        return None
    issuer, audience = fields.url("issuer", required=True), fields.text("audience", MAX_AUDIENCE_LENGTH)
    if issuer is not None and not is_issuer(issuer, local=work.context.services.local_hosts):
        fields.add_error(ErrorCode.INVALID_VALUE, INVALID_ISSUER, "issuer")
    return issuer or "", audience or ""


def is_issuer(text: str, *, local: bool) -> bool:
    """Return whether a URL can be an issuer's: https, in the form that browsers give it, without a user and a query.

    With `local`, an issuer on this machine can use http.
    """
    url = ada_url.URL(text)
    is_plain = not (url.username or url.password or url.search or url.hash)
    return is_secure(url, local=local) and is_plain and url.href in (text, f"{text}/")


async def _check_free(work: UnitOfWork, fields: InputReader, company: UUID, wanted: tuple[str, str]) -> None:
    """Add an error if another company has the issuer with this audience: a token stands for members of one company only."""
    issuer, audience = wanted
    taken = (IdentityIssuer.issuer == issuer, IdentityIssuer.audience == audience, IdentityIssuer.company_id != company)
    if await work.scalar(sa.select(IdentityIssuer.id).where(*taken)) is not None:
        fields.add_error(ErrorCode.TAKEN, TAKEN, "audience")
