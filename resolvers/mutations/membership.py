"""Mutations of memberships. People become members by invitations: resolvers/mutations/invitation.py."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from choices import MemberRole
from models import Company, Membership, User
from models.company import AccountKind
from models.membership import STAFF_ROLES, administrators
from models.user import MAX_NAME_LENGTH
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

NO_ROLE: Final = "A member needs at least one role."
STAFF_ONLY: Final = "{roles} is for members of the operator's company only."
LAST_ADMIN: Final = "The company has no other account administrator. Make another member one first."


@requires(Membership="update")
async def update_member(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Replace a member's roles (R405, V49). Its rights change with its next request (V50)."""
    roles = read_roles(fields)
    member = await work.lock_for_update(fields, "id", "Membership", "update")
    if member is not None:
        await check_roles(work, fields, roles, member.company_id)
        if roles and MemberRole.ACCOUNT_ADMIN not in roles:
            await _keep_an_admin(work, fields, member, "roles")
    work.errors.raise_if_any()
    work.changes_viewer = member.user_id == work.context.viewer.user_id
    member.roles = roles
    return {"membership": Identifier("Membership", member.id)}


@requires(Membership="remove")
async def remove_member(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Remove a member, or let it leave (V50). Its tokens are refused from then on (V59)."""
    member = await work.lock_for_update(fields, "id", "Membership", "remove")
    if member is not None:
        await _keep_an_admin(work, fields, member, "id")
    work.errors.raise_if_any()
    await work.session.delete(member)
    return {"membership_id": Identifier("Membership", member.id)}


def read_roles(fields: InputReader) -> list[str]:
    """Read a member's roles: at least one, each once, in the order of MemberRole."""
    if not fields.value("roles"):
        fields.add_error(ErrorCode.REQUIRED, NO_ROLE, "roles")
    given = fields.enum_values("roles", len(MemberRole), tuple(MemberRole))
    return [role.value for role in MemberRole if role in given]


async def check_roles(work: UnitOfWork, fields: InputReader, roles: Collection[str], company: UUID) -> None:
    """Add an error for each role that members of this company can't have (V49, A43)."""
    staff = [role for role in STAFF_ROLES if role in roles]
    if staff and await work.scalar(sa.select(Company.account_kind).where(Company.id == company)) != AccountKind.OPERATOR:
        fields.add_error(ErrorCode.INVALID_VALUE, worded(STAFF_ONLY, roles=" and ".join(staff)), "roles")


async def _keep_an_admin(work: UnitOfWork, fields: InputReader, member: Membership, name: str) -> None:
    """Add an error if a company would lose its last account administrator (V10). Two such changes run one after the other."""
    if MemberRole.ACCOUNT_ADMIN not in member.roles:
        return
    await work.serialize("administrators", str(member.company_id))
    if await work.scalar(administrators(member.company_id).where(Membership.id != member.id)) is None:
        fields.add_error(ErrorCode.LAST_ADMIN, LAST_ADMIN, name)


def read_person(fields: InputReader) -> User:
    """Read an email address and a name into a new, unclaimed user."""
    return User(email=fields.email("email", required=True), name=fields.text("name", MAX_NAME_LENGTH), claimed=False)
