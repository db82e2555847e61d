"""Invitation mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from choices import MemberRole
from resolvers.mutations import invitation
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field, procedure_field
from schema.invitation import Invitation
from schema.membership import Membership
from schema.mutations.session import COOKIE
from schema.session import Tokens


@strawberry.input(description="Input for `inviteMember`.")
class InviteMemberInput:
    email: str = required("The email address to invite.")
    roles: list[MemberRole] = required(
        "All roles that the member will have, at least one. REVIEWER and SUPPORT are for the operator's company only."
    )
    company_id: ID | None = optional("The company to join. Defaults to the viewer's company.")


@strawberry.type(description="Result of `inviteMember`.")
class InviteMemberPayload(Payload):
    invitation: Invitation | None = strawberry.field(default=None, description="The new invitation.")


@strawberry.input(description="Input for `revokeInvitation`.")
class RevokeInvitationInput:
    id: ID = required("The invitation.")


@strawberry.type(description="Result of `revokeInvitation`.")
class RevokeInvitationPayload(Payload):
    invitation_id: ID | None = strawberry.field(default=None, description="The ID of the invitation, which has ended.")


@strawberry.input(description="Input for `acceptInvitation`: either a token or an ID.")
class AcceptInvitationInput:
    token: str | None = optional("The code from the email, or the token in its link.")
    id: ID | None = optional("An invitation to the address of the signed-in user, instead of a token.")
    password: str | None = optional(
        "The password of the account with the invited address. If there is no account, a new one, of 15 to 128 characters. "
        "Not needed if you're signed in with the address."
    )
    name: str | None = optional("The full name of a new user.")
    job_title: str | None = optional("The job title of a new user.")
    cookie: bool | None = optional(COOKIE)


@strawberry.type(description="Result of `acceptInvitation`.")
class AcceptInvitationPayload(Payload):
    membership: Membership | None = strawberry.field(default=None, description="The new membership.")
    tokens: Tokens | None = strawberry.field(
        default=None,
        description="Tokens that act for the new membership. A user who was signed in keeps its refresh token.",
    )


@strawberry.type
class InvitationMutations:
    invite_member: InviteMemberPayload = mutation_field(
        invitation.invite_member,
        InviteMemberInput,
        "Invites somebody to become a member, by an email with a code that works once, for seven days. The answer is the same "
        "whether or not the address has an account. A new invitation replaces an earlier one to the same address.",
    )
    revoke_invitation: RevokeInvitationPayload = mutation_field(
        invitation.revoke_invitation, RevokeInvitationInput, "Ends an invitation. Its code is refused from then on."
    )
    accept_invitation: AcceptInvitationPayload = procedure_field(
        invitation.accept_invitation,
        AcceptInvitationInput,
        "Makes the owner of the invited address a member. Sign in with this address, enter its account's password, or create an "
        "account with a password, a name and a job title. Later fields of the same operation run as the new member.",
    )
