"""Mutations of reviews."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.change_request import ReviewCheck
from resolvers.mutations import change_request
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.change_request import ChangeRequest


@strawberry.input(description="Input for `approveChangeRequest`.")
class ApproveChangeRequestInput:
    id: ID = required("The change request under review.")
    checks: list[ReviewCheck] = required("What was checked: CONTENT, and CAPABILITY for a SERVICE. The others are optional.")
    comment: str | None = optional("A comment for the publisher, at most 5,000 characters.")


@strawberry.input(description="A problem that a reviewer found.")
class ProblemInput:
    message: str = required("What is wrong, and how to correct it, at most 500 characters.")
    field: list[str] | None = optional("The path to the field of the draft, such as `summary`.")


@strawberry.input(description="Input for `rejectChangeRequest`.")
class RejectChangeRequestInput:
    id: ID = required("The change request under review.")
    problems: list[ProblemInput] = required("The problems found, from 1 to 20.")


@strawberry.input(description="Input for `commentChangeRequest`.")
class CommentChangeRequestInput:
    id: ID = required("The change request under review.")
    text: str = required("The comment, as plain text of at most 5,000 characters.")


@strawberry.interface(description="Result of a mutation of a change request.")
class ChangeRequestPayload(Payload):
    change_request: ChangeRequest | None = strawberry.field(default=None, description="The updated change request.")


@strawberry.type(description="Result of `approveChangeRequest`.")
class ApproveChangeRequestPayload(ChangeRequestPayload):
    pass


@strawberry.type(description="Result of `rejectChangeRequest`.")
class RejectChangeRequestPayload(ChangeRequestPayload):
    pass


@strawberry.type(description="Result of `commentChangeRequest`.")
class CommentChangeRequestPayload(ChangeRequestPayload):
    pass


@strawberry.type
class ChangeRequestMutations:
    approve_change_request: ApproveChangeRequestPayload = mutation_field(
        change_request.approve_change_request,
        ApproveChangeRequestInput,
        "Approves a change request. If one of the automatic checks no longer passes, the request fails instead.",
    )
    reject_change_request: RejectChangeRequestPayload = mutation_field(
        change_request.reject_change_request,
        RejectChangeRequestInput,
        "Rejects a change request: it fails, with the problems found.",
    )
    comment_change_request: CommentChangeRequestPayload = mutation_field(
        change_request.comment_change_request,
        CommentChangeRequestInput,
        "Comments on a change request under review, at most 100 times. The other side is notified by email, and it's its turn.",
    )
