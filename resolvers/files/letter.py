"""Letters of authorisation: a customer gives one to the data centre to have its port connected (R432-R434).

A letter contains only what its reader can read anyway. It uses trading names, because a managed account may not see its legal name.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from models.base import now
from models.port import AUTHORISED
from resolvers.files.urls import File
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context

TITLE: Final = "Letter of Authorisation"
LEFT: Final = 10  # millimetres
WIDTH: Final = 190
LABEL_WIDTH: Final = 50
ISSUER: Final = "The operator of this network"
REQUEST: Final = (
    "The issuing entity authorises the requesting party to have a cross-connect made to the demarcation below. The requesting"
    " party orders the cross-connect and pays for it."
)


def is_authorised(port: Record) -> bool:
    """Return True if the port has a letter: from allocation until it ends (A44)."""
    return port.status in AUTHORISED and port.demarcation is not None


async def render_letter(port: Record, context: Context) -> File | None:
    """Return the port's letter as a PDF issued today, or None if it has none."""
    if not is_authorised(port):
        return None
    (company,) = await context.loaders.rows("Company", [port.company_id])
    (location,) = await context.loaders.rows("Location", [port.location_id])
    if company is None or location is None:
        return None
    day = now().date()
    lines = {
        "Issue date": day.isoformat(),
        "Order date": port.created_at.date().isoformat(),
        "Issuing entity": ISSUER,
        "Requesting party": company.trading_name,
        "Data centre": location.name,
        "Service id": str(port.id),
        "Speed": f"{port.speed_mbps} Mbps",
        **{name.capitalize(): port.demarcation.get(name, "") for name in ("cage", "rack", "panel", "ports")},
    }
    return File("application/pdf", await asyncio.to_thread(_render, lines, day))


def _render(lines: dict[str, str], day: date) -> bytes:
    """Return the PDF, which has one page and is the same all day."""
    from fpdf import FPDF  # imported late, with the typesetting: a sixth of the time in which a gateway starts

    from resolvers.files.typesetting import Sheet

    page = FPDF(format="A4")
    page.set_title(TITLE)
    page.set_creation_date(datetime(day.year, day.month, day.day, tzinfo=UTC))
    page.add_page()
    y = Sheet(page, 18).write(TITLE, LEFT, page.t_margin, WIDTH, 16)
    text = Sheet(page, 11)
    y = text.write(REQUEST, LEFT, y, WIDTH, 6) + 6
    for label, value in lines.items():
        text.write(label, LEFT, y, LABEL_WIDTH, 8)
        y = text.write(value, LEFT + LABEL_WIDTH, y, WIDTH - LABEL_WIDTH, 8)
    return bytes(page.output())
