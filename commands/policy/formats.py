"""The output formats of the policy commands."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """Of a comparison of two policies: plain text, or Markdown for a review."""

    TEXT = "text"
    MD = "md"


class PageFormat(StrEnum):
    """Of the policy matrix: Markdown, or a page for browsers."""

    MD = "md"
    HTML = "html"
