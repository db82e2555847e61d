"""Session mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import session
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, procedure_field
from schema.session import Session, Tokens

COOKIE = "Set the refresh token as a cookie instead of returning it. The cookie is sent to `/graphql/refresh` only."


@strawberry.input(description="Input for `signIn`.")
class SignInInput:
    email: str = required("The email address.")
    password: str = required("The password.")
    cookie: bool | None = optional(COOKIE)


@strawberry.type(description="Result of `signIn`.")
class SignInPayload(Payload):
    tokens: Tokens | None = strawberry.field(default=None, description="The tokens of the new session.")


@strawberry.input(description="Input for `refreshTokens`.")
class RefreshTokensInput:
    refresh_token: str | None = optional("The refresh token. Omit it at `/graphql/refresh` to use the cookie.")


@strawberry.type(description="Result of `refreshTokens`.")
class RefreshTokensPayload(Payload):
    tokens: Tokens | None = strawberry.field(default=None, description="The session's next tokens.")


@strawberry.input(description="Input for `signOut`.")
class SignOutInput:
    everywhere: bool | None = optional("End all sessions of the user, not only this one.")


@strawberry.type(description="Result of `signOut`.")
class SignOutPayload(Payload):
    signed_out: bool = strawberry.field(description="Whether a session was ended. False if the request belongs to none.")


@strawberry.input(description="Input for `revokeSession`.")
class RevokeSessionInput:
    id: ID = required("One of the user's sessions.")


@strawberry.type(description="Result of `revokeSession`.")
class RevokeSessionPayload(Payload):
    session: Session | None = strawberry.field(default=None, description="The session, which has ended.")


@strawberry.input(description="Input for `switchCompany`.")
class SwitchCompanyInput:
    company_id: ID = required("A company that the user is a member of.")


@strawberry.type(description="Result of `switchCompany`.")
class SwitchCompanyPayload(Payload):
    tokens: Tokens | None = strawberry.field(
        default=None, description="An access token for the company. The session keeps its refresh token."
    )


@strawberry.type
class SessionMutations:
    sign_in: SignInPayload = procedure_field(
        session.sign_in,
        SignInInput,
        "Signs a user in with its email address and its password, for the company that it joined first.",
    )
    refresh_tokens: RefreshTokensPayload = procedure_field(
        session.refresh_tokens,
        RefreshTokensInput,
        "Exchanges a refresh token for the session's next tokens. Within 30 seconds, the same refresh token gets the same "
        "successor again. After that, or if it's older, the session ends.",
    )
    sign_out: SignOutPayload = procedure_field(
        session.sign_out,
        SignOutInput | None,
        "Ends the session of the request. Its tokens are refused from then on.",
        signed_out=False,
    )
    revoke_session: RevokeSessionPayload = procedure_field(
        session.revoke_session,
        RevokeSessionInput,
        "Ends one of the user's sessions. Its tokens are refused from then on.",
    )
    switch_company: SwitchCompanyPayload = procedure_field(
        session.switch_company,
        SwitchCompanyInput,
        "Returns an access token for another company of the user. Later tokens of the session are for this company too.",
    )
