"""Audit events."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers import audit_event
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.company import Company
from schema.enums import AuditKind
from schema.user import User


@strawberry.type(
    description="How often something was denied, read or explained in the requests of an audit event. Never a value."
)
class AuditCount:
    type: str = strawberry.field(description="The type, as the schema names it.")
    field: str | None = strawberry.field(description="The field that was hidden, read or explained.")
    action: str | None = strawberry.field(description="The action of policy that was refused.")
    reason: str | None = strawberry.field(description="Why it was denied: the code of the redaction or of the error.")
    count: int = strawberry.field(description="How often.")


@strawberry.type(description="Something that somebody did or was denied. It is never altered and never removed.")
class AuditEvent(Node):
    is_type_of = of("AuditEvent")

    at: datetime = column("When it was; of several requests, the first.")
    kind: AuditKind = column("What it tells of.")
    user: User | None = resolved(audit_event.user, "Who it was, null for visitors and for people whom the viewer may not know.")
    company: Company | None = resolved(audit_event.company, "The company that the user was signed in for.")
    as_user: User | None = resolved(audit_event.as_user, "Who it was taken for: as whom it looked, or whose decisions it read.")
    as_company: Company | None = resolved(audit_event.as_company, "The company of whoever it was taken for.")
    action: str | None = column("What was done, of a change: the mutation.")
    type: str | None = resolved(audit_event.types, "What was changed.")
    changed_fields: list[str] | None = resolved(
        audit_event.changed_fields, "Which fields of it were changed, of those that the viewer sees."
    )
    counts: list[AuditCount] | None = resolved(audit_event.counts, "What was denied, read or explained, of what is no change.")
    operation_name: str | None = column("What the operation is called in its document. Not kept of visitors.")
    operation_hash: str | None = column(
        "SHA-256 of the document, a line feed and the operation's name, in hexadecimal. Not kept of visitors."
    )
    policy_hash: str | None = column("The version of the policy that decided.")
    request_id: str | None = column("The X-Request-ID; of several requests, the first one's.")
    requests: int = column("How many requests it stands for: like ones of a moment are one event.")
    viewer_can: list[str] = viewer_can_field("AuditEvent")
