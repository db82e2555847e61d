"""Mutations of webhook endpoints and their deliveries."""

from __future__ import annotations

import strawberry
from strawberry import ID

from choices import MemberRole
from models.webhook_endpoint import MAX_DESCRIPTION_LENGTH, MAX_ENDPOINTS, MAX_TESTS, WebhookEvent
from resolvers.mutations import webhook_endpoint
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.building.scalars import URL
from schema.webhook_endpoint import WebhookDelivery, WebhookEndpoint

ADDRESS = "The URL that events are sent to: https on the default port, with a public address."
DESCRIPTION = f"What the endpoint is for, up to {MAX_DESCRIPTION_LENGTH} characters."
EVENTS = "The events to send, at least one. WEBHOOK_TEST isn't possible: every endpoint gets it."
ROLES = (
    "The roles that the endpoint reads with, at least one. ACCOUNT_ADMIN isn't possible. REVIEWER and SUPPORT are for the "
    "operator's company only."
)
SHOWN_ONCE = (
    "The secret that signs the events, to verify them with. It's shown only here: a retry with the same `Idempotency-Key` "
    "returns null."
)


@strawberry.input(description="Input for `createWebhookEndpoint`.")
class CreateWebhookEndpointInput:
    url: URL = required(ADDRESS)
    description: str | None = optional(DESCRIPTION)
    events: list[WebhookEvent] = required(EVENTS)
    roles: list[MemberRole] = required(ROLES)
    company_id: ID | None = optional("The company whose events are sent. Defaults to the viewer's company.")


@strawberry.type(description="Result of `createWebhookEndpoint`.")
class CreateWebhookEndpointPayload(Payload):
    webhook_endpoint: WebhookEndpoint | None = strawberry.field(default=None, description="The new endpoint.")
    secret: str | None = strawberry.field(default=None, description=SHOWN_ONCE)


@strawberry.input(
    description="Input for `updateWebhookEndpoint`. Omitted fields keep their values; null clears the description."
)
class UpdateWebhookEndpointInput:
    id: ID = required("The endpoint.")
    version: int = required("The version that the edit is based on.")
    url: URL | None = optional(ADDRESS)
    description: str | None = optional(DESCRIPTION)
    events: list[WebhookEvent] | None = optional(EVENTS)
    roles: list[MemberRole] | None = optional(ROLES)
    enabled: bool | None = optional("Whether events are sent. What happens while it's false is never sent.")


@strawberry.type(description="Result of `updateWebhookEndpoint`.")
class UpdateWebhookEndpointPayload(Payload):
    webhook_endpoint: WebhookEndpoint | None = strawberry.field(default=None, description="The updated endpoint.")


@strawberry.input(description="Input for `deleteWebhookEndpoint`.")
class DeleteWebhookEndpointInput:
    id: ID = required("The endpoint.")


@strawberry.type(description="Result of `deleteWebhookEndpoint`.")
class DeleteWebhookEndpointPayload(Payload):
    webhook_endpoint_id: ID | None = strawberry.field(default=None, description="The ID of the deleted endpoint.")


@strawberry.input(description="Input for `rotateWebhookSecret`.")
class RotateWebhookSecretInput:
    id: ID = required("The endpoint.")


@strawberry.type(description="Result of `rotateWebhookSecret`.")
class RotateWebhookSecretPayload(Payload):
    webhook_endpoint: WebhookEndpoint | None = strawberry.field(default=None, description="The endpoint.")
    secret: str | None = strawberry.field(default=None, description=SHOWN_ONCE)


@strawberry.input(description="Input for `testWebhookEndpoint`.")
class TestWebhookEndpointInput:
    id: ID = required("The endpoint.")


@strawberry.type(description="Result of `testWebhookEndpoint`.")
class TestWebhookEndpointPayload(Payload):
    webhook_delivery: WebhookDelivery | None = strawberry.field(
        default=None, description="The delivery of the test. Read it again to see how it went."
    )


@strawberry.input(description="Input for `replayWebhookDelivery`.")
class ReplayWebhookDeliveryInput:
    id: ID = required("The delivery.")


@strawberry.type(description="Result of `replayWebhookDelivery`.")
class ReplayWebhookDeliveryPayload(Payload):
    webhook_delivery: WebhookDelivery | None = strawberry.field(default=None, description="The delivery, PENDING again.")


@strawberry.type
class WebhookEndpointMutations:
    create_webhook_endpoint: CreateWebhookEndpointPayload = mutation_field(
        webhook_endpoint.create_webhook_endpoint,
        CreateWebhookEndpointInput,
        f"Creates a webhook endpoint, to which events are sent. A company has at most {MAX_ENDPOINTS}.",
    )
    update_webhook_endpoint: UpdateWebhookEndpointPayload = mutation_field(
        webhook_endpoint.update_webhook_endpoint,
        UpdateWebhookEndpointInput,
        "Changes a webhook endpoint, or enables or disables it. The change applies to events that are already waiting too.",
    )
    delete_webhook_endpoint: DeleteWebhookEndpointPayload = mutation_field(
        webhook_endpoint.delete_webhook_endpoint,
        DeleteWebhookEndpointInput,
        "Deletes a webhook endpoint and its deliveries. Nothing more is sent to it.",
    )
    rotate_webhook_secret: RotateWebhookSecretPayload = mutation_field(
        webhook_endpoint.rotate_webhook_secret,
        RotateWebhookSecretInput,
        "Gives a webhook endpoint a new secret. For 24 hours, events are signed with the previous one too.",
    )
    test_webhook_endpoint: TestWebhookEndpointPayload = mutation_field(
        webhook_endpoint.test_webhook_endpoint,
        TestWebhookEndpointInput,
        f"Sends a WEBHOOK_TEST event to an endpoint now, up to {MAX_TESTS} times an hour.",
    )
    replay_webhook_delivery: ReplayWebhookDeliveryPayload = mutation_field(
        webhook_endpoint.replay_webhook_delivery,
        ReplayWebhookDeliveryInput,
        "Sends an event again, with the same ID, that was delivered or has failed. It has what can be read now.",
    )
