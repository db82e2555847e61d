"""The page about the worker lists the scheduled jobs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from resolvers.scheduled_jobs import SCHEDULED_JOBS

PAGE: Final = Path(__file__).parents[2] / "docs" / "operate" / "mail.md"


def test_page_lists_each_job_with_its_schedule() -> None:
    """Their order is that of the code."""
    listed = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| \w", PAGE.read_text("utf-8"), re.MULTILINE)

    assert [(job.name, job.cron) for job in SCHEDULED_JOBS] == listed
