"""Members who sign in with tokens of their company's OpenID issuer (V53).

The first token of a subject links it to the member with the same email address, which both sides have verified. From then on only the
link counts. A member has one link at most: another subject with its address is refused.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models import FederatedIdentity, IdentityIssuer, Membership, User
from models.database import transaction
from policies.viewer import Viewer
from resolvers.reading.viewers import IS_NAMED, IdentityFacts, find_subject_viewer
from resolvers.writing.change_log import record_changes

if TYPE_CHECKING:
    from resolvers.context import Services

LINK: Final = "linkIdentity"  # the action's name in the audit log
EMAIL: Final = sa.func.lower(sa.bindparam("email", type_=sa.Text()))
MEMBER: Final = (
    sa.select(IdentityIssuer.id.label("issuer_id"), Membership.id.label("membership_id"), Membership.company_id)
    .select_from(IdentityIssuer)
    .join(Membership, Membership.company_id == IdentityIssuer.company_id)
    .join(User, User.id == Membership.user_id)
    .outerjoin(FederatedIdentity, FederatedIdentity.membership_id == Membership.id)
    .where(FederatedIdentity.id.is_(None), IS_NAMED)
    .where(sa.func.lower(User.email) == EMAIL, User.claimed, User.email_verified_at.is_not(None))
)


async def load_identity_viewer(services: Services, facts: IdentityFacts) -> Viewer | None:
    """Load the current viewer of a verified token of a company's issuer, or None if it's for no member of the company."""
    viewer = await find_subject_viewer(services.reader, facts)
    if viewer is None:
        await _link(services, facts)  # or another request has just linked it
        viewer = await find_subject_viewer(services.reader, facts)
    return viewer


async def _link(services: Services, facts: IdentityFacts) -> None:
    """Link a subject to the member with its email address, if there is one and it has no link."""
    values = {"issuer": facts.issuer, "audiences": list(facts.audiences), "email": facts.email}
    with suppress(IntegrityError):  # another request has linked it, or the membership or the issuer has just ended
        async with transaction(services.engine) as session:
            record_changes(session, LINK)
            found = (await session.execute(MEMBER, values)).one_or_none()
            if found is not None:
                session.add(FederatedIdentity(**found._mapping, subject=facts.subject))
