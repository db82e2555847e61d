"""Checks uploaded certificates of registration by their content (V46): a PDF document is parsed, an image is encoded again.

The declared type and the name are ignored. An encrypted or damaged PDF is refused. Others are stored as they are, so they're only
ever served as downloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pypdf import PdfReader

from resolvers.files.image_decoding import UnsupportedImage, decode
from resolvers.values.errors import PublicError

PDF: Final = "application/pdf"
PDF_SIGNATURE: Final = b"%PDF-"
MAX_PAGES: Final = 100
MAX_SIDE: Final = 7200  # pixels; a page of A4 that is scanned with 600 dots per inch has 7016


class UnsupportedDocument(PublicError):
    """The file is neither a PDF that can be read, nor a PNG or JPEG image."""

    code = "UNSUPPORTED_DOCUMENT"

    def __init__(self) -> None:
        super().__init__(
            f"Not a valid PDF, PNG or JPEG file, or a PDF that is encrypted or has more than {MAX_PAGES} pages. "
            "Send the file's bytes, unchanged, as the request body."
        )


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as it is stored."""

    media_type: str
    content: bytes


def decode_certificate(content: bytes) -> Certificate:
    """Check an uploaded file. Can take several seconds of CPU time. Raises UnsupportedDocument or ImageTooLarge."""
    if content.startswith(PDF_SIGNATURE):
        _check_pdf(content)
        return Certificate(PDF, content)
    try:
        picture = decode(content, MAX_SIDE)
    except UnsupportedImage as error:
        raise UnsupportedDocument from error
    return Certificate(picture.media_type.value, picture.content)


def _check_pdf(content: bytes) -> None:
    """Parse a PDF down to its pages. Raises UnsupportedDocument."""
    try:
        reader = PdfReader(BytesIO(content))
        readable = (
            not reader.is_encrypted and 1 <= len(reader.pages) <= MAX_PAGES and all(page.mediabox for page in reader.pages)
        )
    except Exception as error:  # pypdf's errors for broken files have no common base class
        raise UnsupportedDocument from error
    if not readable:
        raise UnsupportedDocument
