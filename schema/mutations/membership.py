"""Membership mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from choices import MemberRole
from resolvers.mutations import membership
from schema.building.inputs import required
from schema.building.mutation_fields import Payload, mutation_field
from schema.membership import Membership


@strawberry.input(description="Input for `updateMember`.")
class UpdateMemberInput:
    id: ID = required("The membership.")
    roles: list[MemberRole] = required(
        "All roles that the member will have, at least one. REVIEWER and SUPPORT are for the operator's company only."
    )


@strawberry.type(description="Result of `updateMember`.")
class UpdateMemberPayload(Payload):
    membership: Membership | None = strawberry.field(default=None, description="The updated membership.")


@strawberry.input(description="Input for `removeMember`.")
class RemoveMemberInput:
    id: ID = required("The membership. Your own, to leave the company.")


@strawberry.type(description="Result of `removeMember`.")
class RemoveMemberPayload(Payload):
    membership_id: ID | None = strawberry.field(default=None, description="The ID of the membership, which no longer exists.")


@strawberry.type
class MembershipMutations:
    update_member: UpdateMemberPayload = mutation_field(
        membership.update_member,
        UpdateMemberInput,
        "Replaces a member's roles. The change takes effect with the member's next request. A company keeps at least one "
        "account administrator.",
    )
    remove_member: RemoveMemberPayload = mutation_field(
        membership.remove_member,
        RemoveMemberInput,
        "Removes a member from its company, or leaves the viewer's own. The member's tokens are refused from then on. A "
        "company keeps at least one account administrator.",
    )
