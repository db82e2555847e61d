"""How the tools that compare two policies write what they find."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """As plain text, or as Markdown for a review."""

    TEXT = "text"
    MD = "md"
