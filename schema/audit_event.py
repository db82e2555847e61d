"""Audit events."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.audit_event import AuditKind
from resolvers import audit_event
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.company import Company
from schema.user import User


@strawberry.type(description="A count of denials, reads or explanations in an audit event. It never contains a field's value.")
class AuditCount:
    type: str = strawberry.field(description="The name of the type in the schema.")
    field: str | None = strawberry.field(description="The field that was hidden, read or explained.")
    action: str | None = strawberry.field(description="The policy action that was denied.")
    reason: str | None = strawberry.field(description="The redaction reason or error code of the denial.")
    count: int = strawberry.field(description="The number of occurrences.")


@strawberry.type(description="A record of something that a user did or was denied. Audit events are immutable.")
class AuditEvent(Node):
    is_type_of = of("AuditEvent")

    at: datetime = column("When the event happened. If it covers several requests, when the first one happened.")
    kind: AuditKind = column("The kind of event.")
    user: User | None = resolved(
        audit_event.user, "The user who acted. Null for anonymous visitors and for users the viewer can't see."
    )
    company: Company | None = resolved(audit_event.company, "The company the user was signed in to.")
    external_user: str | None = column(
        "The user of a portal that embeds the gateway, as the portal named it when it created the embed session. It isn't verified."
    )
    as_user: User | None = resolved(
        audit_event.as_user, "The user being viewed as, or the user whose permissions were explained."
    )
    as_company: Company | None = resolved(
        audit_event.as_company, "The company being viewed as, or the company whose permissions were explained."
    )
    action: str | None = column("For a change, the mutation that made it.")
    type: str | None = resolved(audit_event.types, "For a change, the type of the changed object.")
    changed_fields: list[str] | None = resolved(
        audit_event.changed_fields, "For a change, the changed fields that the viewer can see."
    )
    counts: list[AuditCount] | None = resolved(
        audit_event.counts, "For events other than changes, what was denied, read or explained, and how often."
    )
    operation_name: str | None = column("The name of the GraphQL operation. Not recorded for anonymous visitors.")
    operation_hash: str | None = column(
        "The hexadecimal SHA-256 of the document, a line feed and the operation name. Not recorded for anonymous visitors."
    )
    policy_hash: str | None = column("The version of the policy in effect.")
    request_id: str | None = column(
        "The `X-Request-ID` of the request. If the event covers several requests, the ID of the first one."
    )
    requests: int = column(
        "The number of requests covered. Similar requests made within moments of each other share one event."
    )
    viewer_can: list[str] = viewer_can_field("AuditEvent")


@strawberry.type
class AuditEventQueries:
    audit_events: Connection[AuditEvent] = resolved(
        audit_event.audit_events,
        "The audit events of the viewer's company, newest first: what its users did or were denied, and "
        "who viewed as them. Only administrators can see audit events.",
        page_arguments("AuditEvent", "audit events"),
    )
