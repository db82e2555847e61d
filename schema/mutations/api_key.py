"""Mutations of API keys, and of the embed sessions that programs create with them."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from choices import MemberRole
from models.api_key import MAX_KEYS
from resolvers.mutations import api_key, embed_session
from resolvers.mutations.embed_session import DEFAULT_SECONDS, MAX_SECONDS, MIN_SECONDS
from schema.api_key import ApiKey
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field, procedure_field


@strawberry.input(description="Input for `createApiKey`.")
class CreateApiKeyInput:
    name: str = required("A name that says which program uses the key, up to 100 characters.")
    roles: list[MemberRole] = required(
        "The roles that the key acts with, at least one. ACCOUNT_ADMIN isn't possible. REVIEWER and SUPPORT are for the "
        "operator's company only."
    )
    origins: list[str] | None = optional(
        "The web origins that can use the key, such as `https://portal.example.com`. Leave it out for a server."
    )
    expires_at: datetime | None = optional("When the key stops working: at most a year from now, which is the default.")
    company_id: ID | None = optional("The company that the key belongs to. Defaults to the viewer's company.")


@strawberry.type(description="Result of `createApiKey`.")
class CreateApiKeyPayload(Payload):
    api_key: ApiKey | None = strawberry.field(default=None, description="The new API key.")
    secret: str | None = strawberry.field(
        default=None,
        description="The whole key, to send as `Authorization: Bearer KEY`. It's shown only here: a retry with the same "
        "`Idempotency-Key` returns null.",
    )


@strawberry.input(description="Input for `revokeApiKey`.")
class RevokeApiKeyInput:
    id: ID = required("The API key.")


@strawberry.type(description="Result of `revokeApiKey`.")
class RevokeApiKeyPayload(Payload):
    api_key: ApiKey | None = strawberry.field(default=None, description="The revoked API key.")


@strawberry.input(description="Input for `createEmbedSession`.")
class CreateEmbedSessionInput:
    company_id: ID = required("The company to act for: the API key's own, or one that it manages.")
    roles: list[MemberRole] | None = optional(
        "The roles of the session. Defaults to all roles of the API key, the most possible."
    )
    origin: str = required(
        "The web origin of the pages that use the token, such as `https://portal.example.com`. Every request has to come from it."
    )
    external_user: str | None = optional("Your name or ID for the person, for the audit log, up to 200 characters.")
    seconds: int | None = optional(
        f"How long the token is valid, from {MIN_SECONDS} to {MAX_SECONDS} seconds. Defaults to {DEFAULT_SECONDS}."
    )


@strawberry.type(description="Result of `createEmbedSession`.")
class CreateEmbedSessionPayload(Payload):
    token: str | None = strawberry.field(
        default=None, description="The token, to send as `Authorization: Bearer TOKEN`. It can't be refreshed."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="When the token expires.")


@strawberry.type
class ApiKeyMutations:
    create_api_key: CreateApiKeyPayload = mutation_field(
        api_key.create_api_key,
        CreateApiKeyInput,
        f"Creates an API key, with which a program acts for the company. A company has at most {MAX_KEYS} valid keys.",
    )
    revoke_api_key: RevokeApiKeyPayload = mutation_field(
        api_key.revoke_api_key,
        RevokeApiKeyInput,
        "Revokes an API key. From the next request on, it's refused, and so are the sessions made with it. Revoking it again "
        "changes nothing.",
    )
    create_embed_session: CreateEmbedSessionPayload = procedure_field(
        embed_session.create_embed_session,
        CreateEmbedSessionInput,
        "Creates a token with which the pages of a portal act for a company, as a member with these roles would. Only API keys "
        "can create it. It ends with the API key.",
    )
