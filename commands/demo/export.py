"""Exports of the cast's members: old ones without files, and one that waits for a worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from commands.demo.membership import CAST
from commands.demo.world import TODAY, Row, World
from models.export import LIFETIME, ExportFormat, ExportStatus

QUERY: Final = "{ ports { nodes { id name status monthlyRate { amount currency } } } }"
PAGE_SIZE: Final = 1000
OUTCOMES: Final[tuple[dict[str, Any], ...]] = (
    {"status": ExportStatus.EXPIRED, "row_count": 16, "byte_size": 2048},
    {"status": ExportStatus.FAILED, "error_code": "EXPORT_TOO_LARGE"},
    {"status": ExportStatus.CANCELLED, "row_count": 0},
    {"status": ExportStatus.QUEUED},
)
ABSENT: Final = {"row_count": 0, "byte_size": 0, "error_code": None, "completed_at": None, "expires_at": None}


def fill(world: World) -> None:
    """Give each member of the cast an export of each kind."""
    companies = {getattr(world.cast, part)["id"] for part in CAST}
    members = [row for row in world.rows["membership"] if row["company_id"] in companies]
    for number, outcome in enumerate(OUTCOMES):
        for member in members:
            _add(world, member, number, outcome)


def _add(world: World, member: Row, number: int, outcome: dict[str, Any]) -> None:
    at = TODAY - timedelta(days=len(OUTCOMES) - number)
    ends = {"completed_at": at, "expires_at": at + LIFETIME} if outcome["status"] == ExportStatus.EXPIRED else {}
    world.add(
        "export",
        at=at,
        company_id=member["company_id"],
        user_id=member["user_id"],
        membership_id=member["id"],
        api_key_id=None,
        connection="ports",
        format=ExportFormat.CSV if number % 2 else ExportFormat.JSON_LINES,
        query=QUERY,
        operation_name=None,
        variables={},
        page_size=PAGE_SIZE,
        cursor=None,
        attempts=0,
        created_at=at,
        **{**ABSENT, **ends, **outcome},
    )
