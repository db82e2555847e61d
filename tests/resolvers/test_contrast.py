"""The contrast of two colours, as WCAG defines it."""

from __future__ import annotations

import pytest

from resolvers.values.contrast import contrast, shown


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", "21.00"),
        ("#ffffff", "#ffffff", "1.00"),
        ("#767676", "#ffffff", "4.54"),
        ("#777777", "#ffffff", "4.47"),
        ("#ff0000", "#ffffff", "3.99"),
        ("#0000ff", "#ffffff", "8.59"),
    ],
)
def test_contrast_is_that_of_WCAG(one: str, other: str, expected: str) -> None:
    """The known ratios of these colours, in both orders, rounded down."""
    assert (expected, expected) == (shown(contrast(one, other)), shown(contrast(other, one)))
