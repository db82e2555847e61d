"""Change requests of every kind and in every status, with what reviewers and publishers say about them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from choices import MemberRole
from commands.demo.product import DIMENSIONS
from commands.demo.world import Row, World
from models.change_request import ChangeRequestKind, ChangeRequestStatus, ReviewCheck, ReviewedBy, ReviewSide
from models.product import ProductVisibility
from models.product_revision import RevisionStatus

PROBLEMS: Final = (
    ("TOO_GENERAL", "The summary doesn't say what the customer gets.", ["summary"]),
    ("UNPROVEN", "We couldn't reach any of the customer references.", ["customerReferences"]),
    ("MISLEADING", "The title promises more than the description.", ["title"]),
)
OUTCOMES: Final = {
    RevisionStatus.SUBMITTED: ChangeRequestStatus.UNDER_REVIEW,
    RevisionStatus.REJECTED: ChangeRequestStatus.FAILED,
}
MORE_SHARE: Final = 0.4  # of published products have a further request
QUESTION: Final = "Which of the customer references can we call? One is enough."
REPLY: Final = "The first one. They expect your call this week."
DECIDED: Final = timedelta(days=3)  # after the submission


def fill(world: World) -> None:
    """Create a request for each submitted revision and a few others, in order of their submission."""
    chance = world.chance("change_request")
    people = _People(world)
    plans = [_of_revision(chance, people, row) for row in world.rows["product_revision"] if row["submitted_at"]]
    busy = {plan["product_id"] for plan in plans if plan["status"] == ChangeRequestStatus.UNDER_REVIEW}
    testers: dict[UUID, list[UUID]] = defaultdict(list)
    for row in world.rows["product_test_account"]:
        testers[row["product_id"]].append(row["company_id"])
    guests = [world.cast.direct["id"], world.cast.partner["id"]]
    published = [row for row in world.rows["product"] if row["published_at"]]
    plans += [
        _other(chance, people, row, busy, testers[row["id"]] or [guest for guest in guests if guest != row["company_id"]])
        for row in published
        if chance.random() < MORE_SHARE
    ]
    for plan in sorted(plans, key=lambda plan: plan["created_at"]):
        request = world.add("change_request", at=plan["created_at"], **plan)
        _comments(world, people, request)


class _People:
    """Who submits and who reviews."""

    def __init__(self, world: World) -> None:
        self.editors: dict[UUID, UUID] = {}
        for row in world.rows["membership"]:
            if {MemberRole.ACCOUNT_ADMIN, MemberRole.MARKETPLACE_EDITOR} & set(row["roles"]):
                self.editors.setdefault(row["company_id"], row["user_id"])
        operator = world.cast.operator["id"]
        self.reviewer: UUID = next(
            row["user_id"]
            for row in world.rows["membership"]
            if row["company_id"] == operator and MemberRole.REVIEWER in row["roles"]
        )


def _of_revision(chance: Random, people: _People, revision: Row) -> dict[str, Any]:
    status = OUTCOMES.get(revision["status"], ChangeRequestStatus.SUCCEEDED)
    kind = ChangeRequestKind.CREATE if revision["number"] == 1 else ChangeRequestKind.UPDATE_INFORMATION
    operator = revision["visibility"] == ProductVisibility.PUBLIC
    waits = revision["status"] == RevisionStatus.APPROVED
    return _request(
        chance,
        people,
        revision,
        product_id=revision["product_id"],
        revision_id=revision["id"],
        kind=kind,
        status=status,
        reviewed_by=ReviewedBy.OPERATOR if operator else ReviewedBy.MACHINE,
        at=revision["submitted_at"],
        publish_by=revision["publish_by"] if waits else None,
    )


def _other(chance: Random, people: _People, product: Row, busy: set[UUID], testers: list[UUID]) -> dict[str, Any]:
    """Return a request for dimensions or for another visibility. A product has at most one under review."""
    kind = chance.choice([ChangeRequestKind.ADD_DIMENSIONS, ChangeRequestKind.UPDATE_VISIBILITY])
    dimensions = kind == ChangeRequestKind.ADD_DIMENSIONS
    settled = dimensions or product["id"] in busy  # the machine decides at once
    status = chance.choice([each for each in ChangeRequestStatus if not settled or each != ChangeRequestStatus.UNDER_REVIEW])
    if status == ChangeRequestStatus.UNDER_REVIEW:
        busy.add(product["id"])
    name, unit = chance.choice(DIMENSIONS)
    return _request(
        chance,
        people,
        product,
        product_id=product["id"],
        kind=kind,
        status=status,
        reviewed_by=ReviewedBy.MACHINE if dimensions else ReviewedBy.OPERATOR,
        at=product["published_at"] + timedelta(days=1),
        visibility=None if dimensions else ProductVisibility.RESTRICTED,
        test_account_ids=[] if dimensions else testers,
        dimensions=[{"name": f"{name} plus", "description": None, "unit": unit}] if dimensions else None,
    )


def _request(chance: Random, people: _People, row: Row, *, at: datetime, **values: Any) -> dict[str, Any]:
    """Return a request for a product or a revision, whose company and title it has."""
    by_operator, status = values["reviewed_by"] == ReviewedBy.OPERATOR, values["status"]
    undecided = status == ChangeRequestStatus.UNDER_REVIEW
    asked = undecided and by_operator and chance.random() < 0.5
    problems = chance.sample(PROBLEMS, chance.randint(1, 2)) if status == ChangeRequestStatus.FAILED else []
    return {
        "revision_id": None,
        "visibility": None,
        "test_account_ids": [],
        "dimensions": None,
        "publish_by": None,
        "company_id": row["company_id"],
        "title": row["title"],
        **values,
        "problems": [{"code": code, "message": message, "field": field} for code, message, field in problems],
        "checks": [ReviewCheck.CONTENT, ReviewCheck.CAPABILITY]
        if by_operator and status == ChangeRequestStatus.SUCCEEDED
        else [],
        "submitted_by": people.editors[row["company_id"]],
        "decided_by": people.reviewer if by_operator and not undecided else None,
        "last_comment_by": chance.choice(list(ReviewSide)) if asked else None,
        "last_comment_at": at + timedelta(days=2) if asked else None,
        "created_at": at,
        "submitted_at": at,
        "decided_at": None if undecided else at + DECIDED,
    }


def _comments(world: World, people: _People, request: Row) -> None:
    """Add the reviewer's question, and the publisher's reply if it spoke last."""
    if request["last_comment_by"] is None:
        return
    answered = request["last_comment_by"] == ReviewSide.PUBLISHER
    last: datetime = request["last_comment_at"]
    asked = last - timedelta(days=1) if answered else last
    said = [(ReviewSide.OPERATOR, people.reviewer, QUESTION, asked)]
    said += [(ReviewSide.PUBLISHER, request["submitted_by"], REPLY, last)] if answered else []
    for side, author, text, at in said:
        world.add("review_comment", at=at, change_request_id=request["id"], by=side, author_id=author, text=text)["at"] = at
