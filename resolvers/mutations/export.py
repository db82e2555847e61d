"""Mutations of exports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import orjson
import sqlalchemy as sa

from models import Export, Membership
from models.base import now
from models.export import MAX_DAILY_EXPORTS, UNFINISHED
from resolvers.export import delete_file
from resolvers.exporting.pages import ExportRefused, ExportRequest
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.input_reader import InputReader
from resolvers.writing.lifecycle_steps import take_step
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import FORBIDDEN, UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

DAY: Final = timedelta(days=1)
TOO_MANY_RUNNING: Final = "{limit} of your exports are unfinished. Wait for one of them, or cancel it."
TOO_MANY_OF_COMPANY: Final = "{limit} exports of the company are unfinished. Wait until one of them ends."
TOO_MANY_A_DAY: Final = worded("You can start {limit} exports in a day. Try again later.", limit=MAX_DAILY_EXPORTS)
NUL: Final = "Variables can't contain the character NUL."


@requires(Company="start_export")
async def start_export(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Start an export of the connection that a query selects."""
    company = await work.acting_company(fields, "start_export")
    if company is not None:
        await _check_numbers(work)
    request = _read_request(fields)
    work.errors.raise_if_any()
    try:
        found = await work.context.services.exports.check(work.context.as_requester(), request)
    except ExportRefused as refused:
        fields.add_error(refused.code, refused.message, refused.field)
        work.errors.raise_if_any()
    export = Export(
        company_id=company.id,
        format=fields.value("format"),
        connection=found.connection,
        page_size=found.page_size,
        query=request.query,
        operation_name=request.operation_name,
        variables=dict(request.variables),
        **await _asker(work),
    )
    await _add(work, export)
    return {"export": Identifier("Export", export.id)}


@requires(Export="cancel")
async def cancel_export(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Cancel an export, and delete what is written of it."""
    export = await take_step(work, fields, "Export", "cancel")
    await work.session.flush()
    await delete_file(work.session, export)
    return {"export": Identifier("Export", export.id)}


def _read_request(fields: InputReader) -> ExportRequest:
    """Read what to export."""
    variables = fields.value("variables") or {}
    if b"\\u0000" in orjson.dumps(variables):  # PostgreSQL stores no NUL
        fields.add_error(ErrorCode.INVALID_TEXT, NUL, "variables")
    return ExportRequest(fields.value("query"), fields.value("operation_name") or None, variables)


async def _asker(work: UnitOfWork) -> dict[str, Any]:
    """Return the columns that say whose rights an export has: a member's, or an API key's."""
    viewer = work.context.viewer
    member = sa.select(Membership.id).where(Membership.user_id == viewer.user_id, Membership.company_id == viewer.company_id)
    key = viewer.api_key_id
    return {"user_id": viewer.user_id, "api_key_id": key, "membership_id": await work.scalar(member) if key is None else None}


async def _add(work: UnitOfWork, export: Export) -> None:
    """Insert an export, unless its asker couldn't read it, as in embed sessions and for members of an identity issuer."""
    if (export.membership_id is None) == (export.api_key_id is None):
        work.errors.add(ErrorCode.FORBIDDEN, FORBIDDEN)
    work.errors.raise_if_any()
    await work.add(export)
    if not await work.is_allowed("Export", export, "read"):
        work.errors.add(ErrorCode.FORBIDDEN, FORBIDDEN)
    work.errors.raise_if_any()


async def _check_numbers(work: UnitOfWork) -> None:
    """Add an error if too many exports are unfinished, or the asker started too many. Two starts run one after the other."""
    viewer, services = work.context.viewer, work.context.services
    await work.serialize("exports", str(viewer.company_id))
    company = sa.select(sa.func.count()).select_from(Export).where(Export.company_id == viewer.company_id)
    own = company.where(Export.user_id == viewer.user_id)
    unfinished = Export.status.in_(UNFINISHED)
    if await work.scalar(own.where(unfinished)) >= services.max_exports_per_viewer:
        work.errors.add(ErrorCode.TOO_MANY, worded(TOO_MANY_RUNNING, limit=services.max_exports_per_viewer))
    elif await work.scalar(company.where(unfinished)) >= services.max_exports_per_company:
        work.errors.add(ErrorCode.TOO_MANY, worded(TOO_MANY_OF_COMPANY, limit=services.max_exports_per_company))
    if await work.scalar(own.where(Export.created_at > now() - DAY)) >= MAX_DAILY_EXPORTS:
        work.errors.add(ErrorCode.TOO_MANY, TOO_MANY_A_DAY)
