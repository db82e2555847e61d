"""User mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import user
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field, procedure_field
from schema.mutations.session import COOKIE
from schema.session import Tokens
from schema.user import User

TOKEN = "The code from the email, or the token in its link."  # noqa: S105 (a description)
NEW_PASSWORD = "The new password, of 15 to 128 characters. It can't be a common one or contain a part of the name or address."  # noqa: S105


@strawberry.input(description="Input for `signUp`.")
class SignUpInput:
    email: str = required("The email address to sign up with.")


@strawberry.type(description="Result of `signUp`.")
class SignUpPayload(Payload):
    sent: bool = strawberry.field(
        description="True for a valid address, whether or not it has an account: the email says which."
    )


@strawberry.input(description="Input for `completeSignUp`.")
class CompleteSignUpInput:
    token: str = required(TOKEN)
    password: str = required(NEW_PASSWORD)
    name: str = required("The user's full name.")
    job_title: str = required("The user's job title.")
    photo_id: ID | None = optional("The user's photo, from `POST /files?purpose=PHOTO` with the same code as the bearer token.")
    cookie: bool | None = optional(COOKIE)


@strawberry.type(description="Result of `completeSignUp`.")
class CompleteSignUpPayload(Payload):
    tokens: Tokens | None = strawberry.field(default=None, description="The tokens of the user's first session.")


@strawberry.input(description="Input for `requestPasswordReset`.")
class RequestPasswordResetInput:
    email: str = required("The email address of the account.")


@strawberry.type(description="Result of `requestPasswordReset`.")
class RequestPasswordResetPayload(Payload):
    sent: bool = strawberry.field(
        description="True for a valid address, whether or not it has an account. Only an account gets an email."
    )


@strawberry.input(description="Input for `resetPassword`.")
class ResetPasswordInput:
    token: str = required(TOKEN)
    password: str = required(NEW_PASSWORD)
    cookie: bool | None = optional(COOKIE)


@strawberry.type(description="Result of `resetPassword`.")
class ResetPasswordPayload(Payload):
    tokens: Tokens | None = strawberry.field(default=None, description="The tokens of a new session.")


@strawberry.input(description="Input for `changePassword`.")
class ChangePasswordInput:
    current: str = required("The current password.")
    new: str = required(NEW_PASSWORD)


@strawberry.type(description="Result of `changePassword`.")
class ChangePasswordPayload(Payload):
    changed: bool = strawberry.field(description="Whether the password was changed.")


@strawberry.input(description="Input for `updateUser`. Omitted fields don't change.")
class UpdateUserInput:
    version: int = required("The version of the user that you last read.")
    name: str | None = optional("The full name. Can't be null.")
    job_title: str | None = optional("The job title. Can't be null.")
    photo_id: ID | None = optional("The photo, from `POST /files?purpose=PHOTO`. Null removes the photo.")


@strawberry.type(description="Result of `updateUser`.")
class UpdateUserPayload(Payload):
    user: User | None = strawberry.field(default=None, description="The updated user.")


@strawberry.type
class UserMutations:
    update_user: UpdateUserPayload = mutation_field(
        user.update_user, UpdateUserInput, "Changes the user's own name, job title and photo."
    )
    sign_up: SignUpPayload = procedure_field(
        user.sign_up,
        SignUpInput,
        "Sends an email with a code that completes the sign-up. The code works once, for 24 hours.",
        sent=False,
    )
    complete_sign_up: CompleteSignUpPayload = procedure_field(
        user.complete_sign_up, CompleteSignUpInput, "Creates a user with a verified email address, and signs it in."
    )
    request_password_reset: RequestPasswordResetPayload = procedure_field(
        user.request_password_reset,
        RequestPasswordResetInput,
        "Sends an email with a code to choose a new password. The code works once, for an hour.",
        sent=False,
    )
    reset_password: ResetPasswordPayload = procedure_field(
        user.reset_password,
        ResetPasswordInput,
        "Gives an account a new password, ends all its sessions, and signs the user in.",
    )
    change_password: ChangePasswordPayload = procedure_field(
        user.change_password,
        ChangePasswordInput,
        "Changes the user's own password, and ends its other sessions.",
        changed=False,
    )
