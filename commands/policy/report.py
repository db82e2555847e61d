"""The output formats of the commands that compare two policies."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """Plain text, or Markdown for a review."""

    TEXT = "text"
    MD = "md"
