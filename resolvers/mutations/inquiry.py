"""What is done to inquiries: they are sent, by whoever has found a public profile, and reach the provider by mail (R018)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from models import Inquiry
from models.base import now
from models.notification import NotificationKind
from resolvers.asked import Asked
from resolvers.identifiers import Identifier
from resolvers.mutation import Done
from resolvers.notices import write
from resolvers.problems import Code
from resolvers.texts import profile_inquiry
from resolvers.work import Work, requires

LONGEST_NAME: Final = 128  # characters
LONGEST_MESSAGE: Final = 5_000
MOST: Final = 5  # of a sender to a profile within HOUR
HOUR: Final = timedelta(hours=1)
OFTEN: Final = f"{MOST} inquiries were sent within an hour. Wait for an answer, or send another one later."


@requires(MarketplaceProfile="inquire")
async def send_inquiry(work: Work, asked: Asked) -> Done:
    """Ask a provider. It goes to the profile's contact address, which the sender does not learn (R018, V22)."""
    profile = await _profile(work, asked)
    sent: dict[str, Any] = {
        "sender_name": asked.text("name", LONGEST_NAME),
        "sender_email": asked.email("email", required=True),
        "message": asked.text("message", LONGEST_MESSAGE, lines=True),
        "sender_company": asked.text("company", LONGEST_NAME, required=False),
    }
    work.problems.stop()
    if await work.one(_latest(work, profile, sent["sender_email"])) >= MOST:
        work.problems.note(Code.TOO_MANY, OFTEN)
        work.problems.stop()
    await work.add(Inquiry(company_id=profile.company_id, profile_id=profile.id, user_id=work.context.viewer.user_id, **sent))
    text = profile_inquiry(profile.company_name, *sent.values())
    await write(work.session, NotificationKind.PROFILE_INQUIRY, profile.contact_email, text)
    return {"marketplace_profile": Identifier("MarketplaceProfile", profile.id)}


async def _profile(work: Work, asked: Asked) -> Any:
    """The profile that is named by its id or by a slug, locked, so that inquiries by it are counted one after the other."""
    if asked.value("profile_id") is not None:
        return await work.find(asked, "profile_id", "MarketplaceProfile", "inquire")
    slug = asked.text("slug", LONGEST_NAME)
    if slug is None:
        return None
    found = await work.context.loaders.profile_of_slug(slug)
    if found is None:
        work.miss(asked, "slug", "MarketplaceProfile", "inquire")
        return None
    return await work.hold(asked, "slug", "MarketplaceProfile", found.id, "inquire")


def _latest(work: Work, profile: Any, email: Any) -> sa.Select[Any]:
    """How many inquiries the viewer has lately sent to a profile. A visitor is known by its address alone, a user never by that."""
    user = work.context.viewer.user_id
    visitor = sa.and_(Inquiry.user_id.is_(None), sa.func.lower(Inquiry.sender_email) == sa.func.lower(email))
    same = visitor if user is None else Inquiry.user_id == user
    lately = (Inquiry.profile_id == profile.id, Inquiry.created_at > now() - HOUR)
    return sa.select(sa.func.count()).select_from(Inquiry).where(*lately, same)
