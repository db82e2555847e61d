"""The export of leads as CSV (RFC 4180), page by page, so that memory stays bounded however many there are (V17, V40).

Each page is loaded as the viewer can read it then.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from resolvers.files.csv_rows import encode_rows
from resolvers.lead import build_account_id, leads
from resolvers.reading.batching import ROOT
from resolvers.reading.records import Record
from resolvers.values.identifiers import Identifier

if TYPE_CHECKING:
    from resolvers.context import Context

PAGE_SIZE: Final = 200
HEADER: Final = (
    "id",
    "company",
    "source",
    "status",
    "product",
    "requester",
    "buyerAccountId",
    "contactName",
    "contactEmail",
    "contactCompany",
    "message",
    "createdAt",
    "updatedAt",
)


async def export_leads(context: Context) -> AsyncIterator[bytes]:
    """Yield the header, and then the leads that the viewer reads, newest first, in pieces of a page."""
    yield encode_rows([HEADER])
    after: str | None = None
    while True:
        (page,) = await leads([ROOT], context, first=min(PAGE_SIZE, context.services.max_page_size), after=after)
        if page.nodes:
            yield encode_rows(await _rows(page.nodes, context))
        if not page.has_next_page:
            return
        after = page.end_cursor
        context.reset_caches()


async def _rows(records: Sequence[Record], context: Context) -> list[list[Any]]:
    """Return the cells of each lead. Companies and products that the viewer can't read are empty."""
    companies = await context.loaders.rows("Company", [record.company_id for record in records])
    requesters = await context.loaders.rows("Company", [record.requester_id for record in records])
    products = await context.loaders.rows("Product", [record.product_id for record in records])
    return [
        [
            str(Identifier("Lead", lead.id)),
            company and company.trading_name,
            lead.source,
            lead.status,
            product and product.title,
            requester and requester.trading_name,
            build_account_id(lead.requester_id),
            lead.contact_name,
            lead.contact_email,
            lead.contact_company,
            lead.message,
            lead.created_at.isoformat(),
            lead.updated_at.isoformat(),
        ]
        for lead, company, requester, product in zip(records, companies, requesters, products, strict=True)
    ]
