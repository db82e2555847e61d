"""A program for PDFs that others wrote, run as a process of its own: a hostile one can't stop or slow down the gateway.

    python -m resolvers.files.pdf_program clean     a PDF on standard input; a harmless copy on standard output
    python -m resolvers.files.pdf_program typeset   UTF-8 text; a PDF
    python -m resolvers.files.pdf_program join      a JSON array of sizes on the first line, then the PDFs; one PDF with bookmarks

The result begins with the number of pages on a line of its own. Exit code 1 means that the input can't be used.
"""

from __future__ import annotations

import json
import resource
import sys
from io import BytesIO
from typing import Any, Final

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

MAX_PAGES: Final = 200  # of one document (V39)
CPU_SECONDS: Final = 30
MEMORY: Final = 2 << 30  # bytes
OUTPUT: Final = 32 << 20  # bytes of a clean copy
KEPT: Final = frozenset(
    ("/Type", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Group", "/Parent")
)
# Entries that run, open, attach or refer to something, wherever they are in a page's resources.
ACTIVE: Final = frozenset(
    ("/AA", "/A", "/AF", "/EF", "/RF", "/F", "/FFilter", "/JS", "/Metadata", "/OPI", "/OpenAction", "/PieceInfo", "/Ref")
)
BROKEN: Final = 1
FONT_SIZE: Final = 10  # points
LINE_HEIGHT: Final = 5  # millimetres
MARGIN: Final = 15


class Unusable(Exception):
    """The input can't be used."""


def clean(content: bytes) -> tuple[int, bytes]:
    """Return the number of pages, and a copy with nothing but what is drawn on them. Raises Unusable."""
    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted or not 1 <= len(reader.pages) <= MAX_PAGES:
        raise Unusable
    writer = PdfWriter()
    for page in reader.pages:
        for name in [each for each in page if each not in KEPT]:
            del page[name]
        _disarm(page)
        writer.add_page(page)
    return len(reader.pages), _bytes_of(writer)


def _disarm(page: PageObject) -> None:
    """Remove everything active from a page's resources."""
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [page.get("/Resources")]
    while waiting:
        each = waiting.pop()
        if isinstance(each, IndirectObject):
            if (each.idnum, each.generation) in seen:
                continue
            seen.add((each.idnum, each.generation))
            each = each.get_object()
        if isinstance(each, ArrayObject):
            waiting += each
        elif isinstance(each, DictionaryObject):
            _disarm_dictionary(each)
            waiting += (value for name, value in each.items() if name != "/Parent")


def _disarm_dictionary(each: DictionaryObject) -> None:
    for name in ACTIVE & each.keys():
        del each[name]
    if isinstance(each, StreamObject) and each.get("/Subtype") == "/PS":
        each[NameObject("/Subtype")] = NameObject("/None")  # a PostScript program for printers


def typeset(content: bytes) -> tuple[int, bytes]:
    """Return the number of pages and a PDF of a text. Raises Unusable."""
    from fpdf import FPDF

    from resolvers.files.typesetting import Sheet

    page = FPDF(format="A4")
    page.set_margin(MARGIN)
    page.add_page()
    sheet, y = Sheet(page, FONT_SIZE), page.t_margin
    for line in content.decode().splitlines() or [""]:
        y = sheet.write(line, MARGIN, y, page.epw, LINE_HEIGHT)
        if page.page > MAX_PAGES:
            raise Unusable
    return page.page, bytes(page.output())


def join(content: bytes) -> tuple[int, bytes]:
    """Return the number of pages and one PDF of several, with a bookmark for each."""
    head, _, rest = content.partition(b"\n")
    source, writer = BytesIO(rest), PdfWriter()
    for number, size in enumerate(json.loads(head), 1):
        first = len(writer.pages)
        for page in PdfReader(BytesIO(source.read(size))).pages:
            writer.add_page(page)
        writer.add_outline_item(title=f"Document {number}", page_number=first)
    return len(writer.pages), _bytes_of(writer)


def _bytes_of(writer: PdfWriter) -> bytes:
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def main(mode: str) -> int:
    """Run one of the modes within limits of time and memory. Return the exit code."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        pages, result = {"clean": clean, "typeset": typeset, "join": join}[mode](sys.stdin.buffer.read())
    except Exception:  # the libraries' errors for broken input have no common base class
        return BROKEN
    if mode == "clean" and len(result) > OUTPUT:
        return BROKEN
    sys.stdout.buffer.write(f"{pages}\n".encode() + result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
