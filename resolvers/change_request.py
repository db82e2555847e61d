"""Resolvers of change requests and of what both sides say about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from models.base import now
from models.change_request import CHANGE_REQUEST, ChangeRequestStatus, ReviewedBy, ReviewSide
from models.lifecycle import WaitingSide
from resolvers.reading import lifecycles
from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import RootConnection, ToMany, ToManyByArray, ToOne
from resolvers.reading.lifecycles import Waiting


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a request. `field` is the path of the draft's field, in camelCase, or None."""

    code: str
    message: str
    field: list[str] | None = None


@dataclass(frozen=True, slots=True)
class NewDimension:
    """A dimension that a request adds to its product."""

    name: str
    description: str | None
    unit: str


def build_problems(stored: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Convert stored problems."""
    return [Problem(each["code"], each["message"], each.get("field")) for each in stored]


def build_dimensions(stored: Sequence[Mapping[str, Any]] | None) -> list[NewDimension] | None:
    """Convert stored dimensions, or None if the request adds none."""
    return None if stored is None else [NewDimension(each["name"], each["description"], each["unit"]) for each in stored]


def build_waiting(
    status: ChangeRequestStatus,
    reviewed_by: ReviewedBy,
    submitted_at: datetime,
    decided_at: datetime | None,
    publish_by: datetime | None,
    last_comment_by: ReviewSide | None,
    last_comment_at: datetime | None,
) -> Waiting | None:
    """Return whose step a request waits for: the other side of the last comment, or who has to decide, mend or publish (R312)."""
    if status == ChangeRequestStatus.UNDER_REVIEW:
        if reviewed_by == ReviewedBy.MACHINE:
            return Waiting(WaitingSide.MACHINE, submitted_at, None)
        side = WaitingSide.SELLER if last_comment_by == ReviewSide.OPERATOR else WaitingSide.OPERATOR
        return Waiting(side, last_comment_at or submitted_at, None)
    if decided_at is None or status == ChangeRequestStatus.WITHDRAWN:
        return None
    if status == ChangeRequestStatus.FAILED:
        return Waiting(WaitingSide.SELLER, decided_at, None)
    waits = publish_by is not None and publish_by > now()
    return Waiting(WaitingSide.SELLER, decided_at, publish_by) if waits else None


waits_for: Final = Computed(
    build_waiting,
    ("status", "reviewed_by", "submitted_at", "decided_at", "publish_by", "last_comment_by", "last_comment_at"),
)
is_final: Final = lifecycles.is_final(CHANGE_REQUEST)
change_requests: Final = RootConnection("ChangeRequest")
company: Final = ToOne("Company", "company_id")
product: Final = ToOne("Product", "product_id")
revision: Final = ToOne("ProductRevision", "revision_id")
new_dimensions: Final = Computed(build_dimensions, ("dimensions",))
test_accounts: Final = ToManyByArray("Company", "test_account_ids", by="id")
problems: Final = Computed(build_problems, ("problems",))
submitted_by: Final = ToOne("User", "submitted_by")
decided_by: Final = ToOne("User", "decided_by")
comments: Final = ToMany("ReviewComment", by="change_request_id", order="id")
author: Final = ToOne("User", "author_id")
