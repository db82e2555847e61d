"""The context of one request: its viewer, what policy decides for it, and everything that is loaded for it.

It lives as long as the request. Nothing in it is shared with another request but what is the same for every viewer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from models.listening import ChangeListener
from models.reading import Reader
from policies.policy import Policy
from policies.viewer import Viewer
from resolvers.auditing.audit_log import AuditLog
from resolvers.auditing.audit_trail import AuditTrail
from resolvers.reading.access import Access
from resolvers.reading.batching import Batches
from resolvers.reading.cursors import Cursors
from resolvers.reading.loaders import Loaders
from resolvers.reading.redactions import Redactions

Renew = Callable[[], Awaitable[Viewer | None]]
"""Loads the viewer of a subscription as it stands now; None once it may not go on."""


@dataclass(slots=True, kw_only=True)
class Services:
    """What all requests share: the database, policy, the sealing of cursors, and the bounds of pages.

    `policy` is replaced as a whole when its files change, in development; each request keeps that with which it began, so ask a
    request's context for it, and keep what is made of it by its `version`. Whatever is read goes through `reader`; `engine` is for
    what writes; `listening` tells of what changes; `audit` is told who did what.
    """

    reader: Reader
    engine: AsyncEngine
    change_listener: ChangeListener
    audit: AuditLog
    policy: Policy
    cursors: Cursors
    public_url: str
    partner_docs_url: str | None = None
    default_page_size: int = 50
    max_page_size: int = 1000
    order_approval_days: int = 14

    def replace_policy(self, policy: Policy) -> None:
        """Put another policy in force, for whatever begins from now on."""
        self.policy = policy

    async def close(self) -> None:
        """Close all connections to the database."""
        await self.audit.close()
        await self.change_listener.close()
        await self.reader.close()
        await self.engine.dispose()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an operation comes from.

    `idempotency_key` is the key under which its mutations are done only once, `peer` the network address that sends it, if known.
    """

    request_id: str | None = None
    idempotency_key: str | None = None
    peer: str | None = None


class Context(Access):
    """One request of one viewer, or one subscription, which begins anew with each event.

    `asker` is who sent it: the viewer itself, but where somebody looks at the market as another viewer would see it.
    """

    def __init__(
        self,
        services: Services,
        viewer: Viewer,
        origin: Origin | None = None,
        renew: Renew | None = None,
        asker: Viewer | None = None,
    ) -> None:
        self.services = services
        self.reader = services.reader
        self.policy = services.policy
        self.origin = origin or Origin()
        self._asker = asker
        self._renew = renew
        self.is_preview = False
        self.has_changed = False  # whether something was changed by a mutation of this request
        self.unsaved_settings: Mapping[
            UUID, Mapping[str, bool | None]
        ] = {}  # settings of accounts that are as if they were saved
        self._begin(viewer)

    def _begin(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._parameters = None
        self.execution = ""  # what ran the operation: "planned", or graphql-core and why
        self.redactions = Redactions()
        self.audit_trail = AuditTrail()
        self.reset_caches()

    def reset_caches(self) -> None:
        """Read all again from now on: something has changed."""
        self.batches = Batches(self)
        self.loaders = Loaders(self)

    def continue_as(self, viewer: Viewer) -> None:
        """Decide for the viewer as it stands now, and for nothing that was known of it before."""
        if viewer != self.viewer:
            self.viewer = viewer
            self._parameters = None
            self.reset_caches()

    @property
    def requester(self) -> Viewer:
        """Who sent the request, whose rights decide whether a tool may be used at all."""
        return self._asker or self.viewer

    @property
    def is_view_as(self) -> bool:
        """Whether the asker looks at the market as another viewer."""
        return self._asker is not None

    def as_requester(self) -> Context:
        """A context of the same request in which the asker is the viewer, for what it is told of itself."""
        return self._beside(self.requester)

    def preview(self, viewer: Viewer, account: UUID, settings: Mapping[str, bool | None]) -> Context:
        """A context of the same request in which an account has settings that are not saved yet, and its viewer is seen."""
        context = self._beside(viewer, self.requester)
        context.unsaved_settings = {account: settings}
        context.is_preview = True
        return context

    def _beside(self, viewer: Viewer, asker: Viewer | None = None) -> Context:
        context = Context(self.services, viewer, self.origin, asker=asker)
        context.policy = self.policy
        return context

    async def renew(self) -> bool:
        """Begin anew for another event: the viewer as it stands now, and nothing of what was loaded. False if it may not go on."""
        viewer = None if self._renew is None else await self._renew()
        if viewer is None:
            return False
        self.policy = self.services.policy
        self._begin(viewer)
        return True

    @property
    def cursors(self) -> Cursors:
        """What seals and opens cursors."""
        return self.services.cursors

    @property
    def page_sizes(self) -> tuple[int, int]:
        """The default page size and the largest."""
        return self.services.default_page_size, self.services.max_page_size

    def note_refused_argument(self, entity: str, field: str, code: str) -> None:
        """Note for the audit log that an order or a filter was refused, because it would reveal a field."""
        self.audit_trail.note_refused_argument(entity, field, code)
