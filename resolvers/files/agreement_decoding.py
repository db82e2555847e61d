"""Documents of agreements: uploads are made harmless before they are stored, and joined into one PDF (R239, R240, V39).

A PDF keeps only what is drawn on its pages: no script, action, form, link or attachment. A text becomes a PDF.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from resolvers.files.certificate_decoding import PDF, PDF_SIGNATURE
from resolvers.files.pdf_program import MAX_PAGES
from resolvers.values.errors import PublicError
from resolvers.values.text import is_storable

ROOT: Final = Path(__file__).parents[2]
SECONDS: Final = 60.0  # for one file
MAX_CHARACTERS: Final = MAX_PAGES * 15_000  # of a text: no page of it can hold more


class UnsupportedAgreement(PublicError):
    """The file is neither a PDF that can be read, nor text."""

    code = "UNSUPPORTED_DOCUMENT"

    def __init__(self) -> None:
        super().__init__(
            f"Not a valid PDF or UTF-8 text, or a PDF that is encrypted, or more than {MAX_PAGES} pages. "
            "Send the file's bytes, unchanged, as the request body."
        )


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """A harmless PDF."""

    content: bytes
    pages: int
    media_type: str = PDF


def decode_agreement(content: bytes) -> CleanDocument:
    """Make a harmless PDF of an uploaded PDF or text. Can take a minute. Raises UnsupportedAgreement."""
    if content.startswith(PDF_SIGNATURE):
        return _run("clean", content)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UnsupportedAgreement from error
    if not text.strip() or not is_storable(text) or len(text) > MAX_CHARACTERS:
        raise UnsupportedAgreement
    return _run("typeset", content)


def join_documents(documents: Sequence[bytes]) -> CleanDocument:
    """Join harmless PDFs into one, with a bookmark for each (R240). Raises UnsupportedAgreement."""
    return _run("join", orjson.dumps([len(each) for each in documents]) + b"\n" + b"".join(documents))


def _run(mode: str, content: bytes) -> CleanDocument:
    """Run a mode of the program in a process of its own. Raises UnsupportedAgreement."""
    command = [sys.executable, "-m", "resolvers.files.pdf_program", mode]
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.defpath}
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=SECONDS, check=True, cwd=ROOT, env=environment
        )
    except subprocess.SubprocessError as error:
        raise UnsupportedAgreement from error
    pages, _, result = done.stdout.partition(b"\n")
    return CleanDocument(result, int(pages))
