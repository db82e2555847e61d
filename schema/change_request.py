"""Change requests and their reviews."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.change_request import ChangeRequestKind, ChangeRequestStatus, ReviewCheck, ReviewedBy, ReviewSide
from models.product import ProductVisibility
from resolvers import change_request
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.company import Company
from schema.product import Product
from schema.product_revision import ProductRevision
from schema.user import User
from schema.values import Waiting


@strawberry.type(description="A reason why a change request failed, or would fail.")
class Problem:
    code: str = strawberry.field(description="A stable code, for use in programs.")
    message: str = strawberry.field(description="A message for people. Its wording can change.")
    field: list[str] | None = strawberry.field(
        description="The path to the field of the draft. Null if the problem isn't about a single field."
    )


@strawberry.type(description="A dimension that a change request adds to its product.")
class NewDimension:
    name: str = strawberry.field(description="The name of the dimension.")
    description: str | None = strawberry.field(description="A description of the dimension.")
    unit: str = strawberry.field(description="What a price of it covers, such as `month`.")


@strawberry.type(description="A comment on a change request under review.")
class ReviewComment:
    by: ReviewSide = column("The side that wrote the comment.")
    author: User | None = resolved(
        change_request.author,
        "The user who wrote the comment. Null if the viewer can't see the user.",
    )
    text: str = column("The comment, as plain text.")
    at: datetime = column("When the comment was written.")


@strawberry.type(
    description="A seller's request to create or change a product. Requests about LIMITED products, new dimensions and test accounts "
    "are decided automatically, within a minute. The operator decides about everything that makes, keeps or ends a PUBLIC product, "
    "in a few days."
)
class ChangeRequest(Node):
    is_type_of = of("ChangeRequest")

    company: Company = resolved(change_request.company, "The company that sells the product.")
    product: Product = resolved(change_request.product, "The product.")
    revision: ProductRevision | None = resolved(change_request.revision, "The submitted revision, if the request is about one.")
    title: str = column("The title of the product when the request was submitted.")
    kind: ChangeRequestKind = column("What the seller asks to change.")
    status: ChangeRequestStatus = column("The status of the request.")
    reviewed_by: ReviewedBy = column("Who decides the request.")
    waits_for: Waiting | None = resolved(
        change_request.waits_for,
        "Who has to act next. After a comment it's the other side. A failed request waits for the seller, and so does an approved "
        "revision until it's published. Null if nobody has to.",
    )
    is_final: bool = resolved(
        change_request.is_final, "Whether no further step is possible: the request SUCCEEDED or is WITHDRAWN."
    )
    visibility: ProductVisibility | None = column(
        "The visibility that the seller asks for. RESTRICTED ends the sale of the product."
    )
    test_accounts: list[Company] = resolved(
        change_request.test_accounts, "The test accounts that the product gets, if the seller asks for another visibility."
    )
    new_dimensions: list[NewDimension] | None = resolved(
        change_request.new_dimensions, "The dimensions to add. Null if the request adds none."
    )
    problems: list[Problem] = resolved(change_request.problems, "Why the request failed.")
    checks: list[ReviewCheck] = column("What the operator has looked at.")
    comments: list[ReviewComment] | None = resolved(
        change_request.comments, "What the publisher and the operator wrote to each other, oldest first."
    )
    submitted_by: User | None = resolved(
        change_request.submitted_by, "The user who submitted the request. Null if the viewer can't see the user."
    )
    decided_by: User | None = resolved(
        change_request.decided_by,
        "The user who decided the request. Null if it was decided automatically, or if the viewer can't see the user.",
    )
    created_at: datetime = column("When the request was made.")
    submitted_at: datetime = column("When the request was last submitted.")
    decided_at: datetime | None = column("When the request was decided or withdrawn.")
    viewer_can: list[str] = viewer_can_field("ChangeRequest")


@strawberry.type
class ChangeRequestQueries:
    change_requests: Connection[ChangeRequest] = resolved(
        change_request.change_requests,
        "The change requests of the viewer's company and of the companies it manages. The operator's staff sees all, oldest first.",
        page_arguments("ChangeRequest", "change requests"),
    )
