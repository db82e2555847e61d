"""The outbox: outgoing emails, each written in the transaction of the change that it reports (X6).

Inserting a row is enough to send it. A trigger queues the job in the same transaction, so no email is lost and no email reports a
change that was rolled back (docs/decisions/an-outbox-in-the-same-transaction.md). The API never exposes the outbox.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Identified, enum_column, now
from models.kinds import Email
from models.lifecycle import partition
from models.notification import NotificationKind

ERROR_LENGTH: Final = 200


class MailStatus(DescribedEnum):
    """The status of an email. In development without a mail server it's KEPT instead of sent."""

    WAITING = "WAITING", "It waits to be sent."
    SENT = "SENT", "A mail server has taken it."
    KEPT = "KEPT", "It's kept instead of sent."
    FAILED = "FAILED", "It couldn't be sent."


NEEDED, OVER = partition(  # whether the body is still needed, to be sent or to be read in development
    MailStatus, {MailStatus.WAITING, MailStatus.KEPT}, {MailStatus.SENT, MailStatus.FAILED}
)


class Mail(Identified, Base):
    """An email to one address. `last_error` says why the last attempt failed. It never holds a secret.

    A confidential body holds a token. It's erased as soon as the email is sent, or has failed for good.
    """

    __tablename__ = "mail"
    IS_LOGGED = False

    to_address: Mapped[Email]
    subject: Mapped[str]  # one line
    body: Mapped[str]  # plain text
    kind: Mapped[NotificationKind] = mapped_column(enum_column(NotificationKind))
    status: Mapped[MailStatus] = mapped_column(enum_column(MailStatus), default=MailStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(sa.String(ERROR_LENGTH))
    is_confidential: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # the body is erased after sending
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("subject !~ '[[:cntrl:]]'", name="one_line"),
        sa.CheckConstraint("(status = 'SENT') = (sent_at IS NOT NULL)", name="sent_when"),
        sa.Index("mail_sent_at_ix", "sent_at"),
    )
