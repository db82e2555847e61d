"""Companies: when the operator's decision on a submission is due."""

from __future__ import annotations

from datetime import datetime

import pytest

from models.company import due_at


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        ("2026-11-23T10:00+00:00", "2026-11-26T10:00+00:00"),  # Monday
        ("2026-11-24T10:00+00:00", "2026-11-27T10:00+00:00"),
        ("2026-11-25T10:00+00:00", "2026-11-30T10:00+00:00"),
        ("2026-11-27T23:59+00:00", "2026-12-02T23:59+00:00"),  # Friday
        ("2026-11-28T00:00+00:00", "2026-12-03T00:00+00:00"),  # Saturday
        ("2026-11-29T10:00+00:00", "2026-12-03T10:00+00:00"),  # Sunday
        ("2026-11-29T23:00-05:00", "2026-12-03T04:00+00:00"),  # already Monday in UTC
    ],
)
def test_verification_is_due_in_three_working_days_A39_R425_V48_V65(submitted: str, due: str) -> None:
    """Monday to Friday count, in UTC. A submission at a weekend counts as made on Monday at the same time."""
    assert datetime.fromisoformat(due) == due_at(datetime.fromisoformat(submitted))
