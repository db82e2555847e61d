"""Letters of authorisation: with one, a customer has its data centre connect a port (R432-R434).

A letter names what its reader may know anyway: companies by their trading names, for a managed account may not read its legal one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fpdf import FPDF

from models.base import now
from models.port import AUTHORISED
from resolvers.files.typesetting import Sheet
from resolvers.files.urls import File
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context

TITLE: Final = "Letter of Authorisation"
LEFT: Final = 10  # millimetres
WIDTH: Final = 190
NAMES: Final = 50  # how wide the names of facts are
ISSUER: Final = "The operator of this network"
REQUEST: Final = (
    "The issuing entity authorises the requesting party to have a cross-connect made to the demarcation below. The requesting"
    " party orders the cross-connect and pays for it."
)


def is_authorised(port: Record) -> bool:
    """Whether there is a letter for a port: once its place is allocated, as long as it exists (A44)."""
    return port.status in AUTHORISED and port.demarcation is not None


async def render_letter(port: Record, context: Context) -> File | None:
    """The letter of a port as PDF, issued today, None where there is none."""
    if not is_authorised(port):
        return None
    (company,) = await context.loaders.rows("Company", [port.company_id])
    (location,) = await context.loaders.rows("Location", [port.location_id])
    if company is None or location is None:
        return None
    facts = {
        "Issue date": now().date().isoformat(),
        "Order date": port.created_at.date().isoformat(),
        "Issuing entity": ISSUER,
        "Requesting party": company.trading_name,
        "Data centre": location.name,
        "Service id": str(port.id),
        "Speed": f"{port.speed_mbps} Mbps",
        **{name.capitalize(): port.demarcation.get(name, "") for name in ("cage", "rack", "panel", "ports")},
    }
    return File("application/pdf", await asyncio.to_thread(_written, facts))


def _written(facts: dict[str, str]) -> bytes:
    """The letter's one page."""
    page = FPDF(format="A4")
    page.set_title(TITLE)
    page.add_page()
    y = Sheet(page, 18).write(TITLE, LEFT, page.t_margin, WIDTH, 16)
    text = Sheet(page, 11)
    y = text.write(REQUEST, LEFT, y, WIDTH, 6) + 6
    for name, value in facts.items():
        text.write(name, LEFT, y, NAMES, 8)
        y = text.write(value, LEFT + NAMES, y, WIDTH - NAMES, 8)
    return bytes(page.output())
