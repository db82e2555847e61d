"""Mutations of reviews: the operator approves and rejects change requests, and both sides comment (R257, R258, R309-R312, V30)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from models import ChangeRequest, Product, ReviewComment
from models.base import now
from models.change_request import CHANGE_REQUEST, ChangeRequestStatus, ReviewCheck, ReviewSide
from models.lifecycle import IllegalStep
from models.product import ProductKind
from resolvers.change_request import Problem
from resolvers.notifying.reviews import notify_of_answer, notify_of_question
from resolvers.reviewing.decisions import approve, fail
from resolvers.reviewing.locking import lock_request
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_COMMENT_LENGTH: Final = 5_000  # characters
MAX_COMMENTS: Final = 100  # of a request, so that it can always be read
MAX_PROBLEM_LENGTH: Final = 500
MAX_PATH_LENGTH: Final = 64
MAX_PROBLEMS: Final = 20
MAX_PATH: Final = 4
FOUND_BY_REVIEWER: Final = "REVIEW"  # the code of a reviewer's problem
NEEDED: Final = "Make these checks before you approve: {checks}."
TOO_MANY_COMMENTS: Final = worded("This request already has {limit} comments, which is the limit.", limit=MAX_COMMENTS)


@requires(ChangeRequest="approve")
async def approve_change_request(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Approve a request, after the checks that its kind of product needs (R258, R308-R311, V62)."""
    product, request = await lock_request(work, fields, "id", "approve")
    CHANGE_REQUEST.next_state("approve", request.status)
    checks = fields.enum_values("checks", len(ReviewCheck), set(ReviewCheck))
    missing = [check.value for check in _needed(product) if check not in checks]
    if missing:
        fields.add_error(ErrorCode.REQUIRED, worded(NEEDED, checks=", ".join(missing)), "checks")
    comment = fields.text("comment", MAX_COMMENT_LENGTH, required=False, lines=True)
    work.errors.raise_if_any()
    if comment is not None:
        await _comment(work, request, ReviewSide.OPERATOR, comment)
    site_url, reviewer = work.context.services.site_url, work.context.viewer.user_id
    await approve(work.session, product, request, site_url, decided_by=reviewer, checks=checks)
    return _changed(request)


def _needed(product: Product) -> list[ReviewCheck]:
    """Return what a reviewer has to check: a SERVICE needs a proof of capability (R311, V62)."""
    service = product.kind == ProductKind.SERVICE
    return [ReviewCheck.CONTENT, ReviewCheck.CAPABILITY] if service else [ReviewCheck.CONTENT]


@requires(ChangeRequest="reject")
async def reject_change_request(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Reject a request with the problems found (R257)."""
    _, request = await lock_request(work, fields, "id", "reject")
    CHANGE_REQUEST.next_state("reject", request.status)
    problems = [_read_problem(item) for item in fields.nested_list("problems", MAX_PROBLEMS)]
    if not fields.value("problems"):
        fields.add_error(ErrorCode.REQUIRED, "Add at least one problem.", "problems")
    work.errors.raise_if_any()
    await fail(work.session, request, problems, work.context.services.site_url, decided_by=work.context.viewer.user_id)
    return _changed(request)


def _read_problem(item: InputReader) -> Problem:
    path = item.texts("field", MAX_PATH, MAX_PATH_LENGTH)
    return Problem(FOUND_BY_REVIEWER, str(item.text("message", MAX_PROBLEM_LENGTH, lines=True)), path or None)


@requires(ChangeRequest="comment")
async def comment_change_request(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Comment on a request under review. The other side is notified (R309, R312, V30)."""
    _, request = await lock_request(work, fields, "id", "comment")
    if request.status != ChangeRequestStatus.UNDER_REVIEW:
        raise IllegalStep(request.status, ChangeRequestStatus.UNDER_REVIEW, CHANGE_REQUEST.steps_from(request.status))
    text = fields.text("text", MAX_COMMENT_LENGTH, lines=True)
    if await _count_comments(work, request) >= MAX_COMMENTS:
        fields.add_error(ErrorCode.TOO_MANY, TOO_MANY_COMMENTS, "id")
    work.errors.raise_if_any()
    reviews = await work.is_allowed("ChangeRequest", request, "approve")
    await _comment(work, request, ReviewSide.OPERATOR if reviews else ReviewSide.PUBLISHER, str(text))
    notify = notify_of_question if reviews else notify_of_answer
    await notify(work.session, request, work.context.services.site_url)
    return _changed(request)


async def _count_comments(work: UnitOfWork, request: ChangeRequest) -> int:
    """Count the comments of a request that is locked."""
    counted = sa.select(sa.func.count()).select_from(ReviewComment).where(ReviewComment.change_request_id == request.id)
    return int(await work.scalar(counted))


async def _comment(work: UnitOfWork, request: ChangeRequest, side: ReviewSide, text: str) -> None:
    """Store a comment. It's the turn of the other side."""
    request.last_comment_by, request.last_comment_at = side, now()
    await work.add(ReviewComment(change_request_id=request.id, by=side, author_id=work.context.viewer.user_id, text=text))


def _changed(request: ChangeRequest) -> ChangedIds:
    return {"change_request": Identifier("ChangeRequest", request.id)}
