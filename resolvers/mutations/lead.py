"""Mutations of leads: companies ask for private offers, and sellers work on what becomes of it (R221, R222, R228, V17, V33, V40)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from models import Company, Lead, LeadNote, Product
from models.base import now
from models.lead import LIFECYCLE, OPEN, LeadSource
from models.lifecycle import IllegalStep
from models.notification import NotificationKind
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import find_root_user_for, notify_members
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_NAME_LENGTH: Final = 128  # characters
MAX_TEXT_LENGTH: Final = 5_000
MAX_NOTES: Final = 500  # of a lead, so that it can always be read
HOUR: Final = timedelta(hours=1)
MAX_PER_HOUR: Final = 20  # requests of one user
RATE_LIMITED: Final = worded("Too many requests. The limit is {limit} an hour. Try again later.", limit=MAX_PER_HOUR)
OWN_PRODUCT: Final = "A company can't ask itself for an offer."
AGAIN: Final = "Requested an offer again."
TOO_MANY_NOTES: Final = worded("This lead already has {limit} notes, which is the limit.", limit=MAX_NOTES)


@requires(Product="request_offer", Company="request_offer")
async def request_offer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Ask the seller of a product for a private offer. While a lead of the company is open, the request is a note on it (V33)."""
    product = await work.lock_for_share(fields, "product_id", "Product", "request_offer")
    company = await work.acting_company(fields, "request_offer")
    values = {
        "message": fields.text("message", MAX_TEXT_LENGTH, required=False, lines=True),
        "contact_name": fields.text("contact_name", MAX_NAME_LENGTH, required=False),
        "contact_email": fields.email("contact_email"),
    }
    if product is not None and company is not None and product.company_id == company.id:
        fields.add_error(ErrorCode.INVALID_VALUE, OWN_PRODUCT, "company_id")
    work.errors.raise_if_any()
    await _check_limit(work)
    lead = await _open_lead(work, product, company)
    if lead is None:
        lead = Lead(
            company_id=product.company_id,
            source=LeadSource.OFFER_REQUEST,
            product_id=product.id,
            requester_id=company.id,
            user_id=work.context.viewer.user_id,
            **values,
        )
        await work.add(lead)
    else:
        await _add_note(work, fields, lead, values["message"] or AGAIN, "product_id")
    await _notify_seller(work, lead, product, company, values)
    return {"product": Identifier("Product", product.id)}


async def _open_lead(work: UnitOfWork, product: Product, company: Company) -> Lead | None:
    """Return the open lead of a product and a company, locked, if there is one."""
    await work.serialize("lead", f"{product.id}:{company.id}")
    query = sa.select(Lead).where(Lead.product_id == product.id, Lead.requester_id == company.id, Lead.status.in_(OPEN))
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def _check_limit(work: UnitOfWork) -> None:
    """Reject a user who asked too often, whether that made leads or notes."""
    user = work.context.viewer.user_id
    await work.serialize("lead", str(user))
    since = now() - HOUR
    asked = sa.select(sa.func.count()).select_from(Lead).where(Lead.user_id == user, Lead.created_at > since)
    repeated = sa.select(sa.func.count()).select_from(LeadNote).where(LeadNote.author_id == user, LeadNote.at > since)
    if await work.scalar(asked) + await work.scalar(repeated) >= MAX_PER_HOUR:
        work.errors.add(ErrorCode.TOO_MANY, RATE_LIMITED)
        work.errors.raise_if_any()


async def _notify_seller(
    work: UnitOfWork, lead: Lead, product: Product, company: Company, values: dict[str, str | None]
) -> None:
    """Notify the seller's root user, with the id of the company, which the seller can name as a buyer (R222, R228)."""
    account = str(Identifier("Company", company.id))
    said = (values["contact_name"], values["contact_email"], values["message"])
    message = message_templates.offer_requested(product.title, account, *said, work.context.services.site_url)
    recipients = await find_root_user_for(work.session, lead.company_id, lead.partner_id)
    await notify_members(
        work.session, NotificationKind.OFFER_REQUESTED, recipients, message, subject=Identifier("Lead", lead.id)
    )


@requires(Lead="update")
async def update_lead(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Move a lead forwards (V40)."""
    lead = await work.lock_for_update(fields, "id", "Lead", "update")
    work.errors.raise_if_any()
    status = fields.value("status")
    if status.lower() not in LIFECYCLE.steps_from(lead.status):
        raise IllegalStep(lead.status, status, LIFECYCLE.steps_from(lead.status))
    work.check_and_bump_version(fields, lead)
    work.errors.raise_if_any()
    lead.take_step(status.lower())
    lead.updated_at = now()
    return _changed(lead)


@requires(Lead="add_note")
async def add_lead_note(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Add a note of the viewer's to a lead (V17)."""
    lead = await work.lock_for_update(fields, "id", "Lead", "add_note")
    text = fields.text("text", MAX_TEXT_LENGTH, lines=True)
    work.errors.raise_if_any()
    await _add_note(work, fields, lead, str(text), "id")
    return _changed(lead)


async def _add_note(work: UnitOfWork, fields: InputReader, lead: Lead, text: str, name: str) -> None:
    """Store a note on a lead that is locked."""
    counted = sa.select(sa.func.count()).select_from(LeadNote).where(LeadNote.lead_id == lead.id)
    if await work.scalar(counted) >= MAX_NOTES:
        fields.add_error(ErrorCode.TOO_MANY, TOO_MANY_NOTES, name)
        work.errors.raise_if_any()
    lead.updated_at = now()
    await work.add(LeadNote(lead_id=lead.id, author_id=work.context.viewer.user_id, text=text))


def _changed(lead: Lead) -> ChangedIds:
    return {"lead": Identifier("Lead", lead.id)}
