"""The contrast of two colours, as WCAG 2.2 defines it: from 1 for equal ones to 21 for black and white."""

from __future__ import annotations

import math
from typing import Final

WEIGHTS: Final = (0.2126, 0.7152, 0.0722)  # of red, green and blue in the luminance
FLARE: Final = 0.05  # light that a screen reflects


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours in the form `#rrggbb`."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + FLARE) / (darker + FLARE)


def shown(ratio: float) -> str:
    """Return a ratio with two digits, rounded down, so that one that is too low never looks like enough."""
    return f"{math.floor(ratio * 100) / 100:.2f}"


def _luminance(color: str) -> float:
    """Return the relative luminance of a colour, from 0 to 1."""
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return sum(weight * _linear(channel) for weight, channel in zip(WEIGHTS, channels, strict=True))


def _linear(channel: float) -> float:
    """Return the light of an sRGB channel."""
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
