"""The sizes of the sample market that options name, and the usual seed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SEED: Final = 1


class DemoScale(StrEnum):
    """The size of the sample market."""

    SMALL = "small"
    LARGE = "large"


class SampleMarket(StrEnum):
    """The sample market to load into an empty database."""

    SMALL = "small"
    LARGE = "large"
    NONE = "none"
