"""The context of one request: its viewer, the decisions of policy for that viewer, and everything loaded so far.

It lives as long as the request. Requests share only what is the same for every viewer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from models.listening import ChangeListener
from models.reading import Reader
from models.remembered_facts import FactsGuard, FactsReader
from models.replicas import ReplicaReads, Replicas
from policies.evaluation.policy import Policy
from policies.viewer import ANONYMOUS, Viewer
from resolvers.auditing.audit_log import AuditLog
from resolvers.auditing.audit_trail import AuditTrail
from resolvers.events.answers import Deliver, EventSelection
from resolvers.events.hub import Hub
from resolvers.events.roster import Renew
from resolvers.exporting.pages import ExportPages, NoExports
from resolvers.identity.passwords import Passwords
from resolvers.reading.access import Access
from resolvers.reading.batching import Batches
from resolvers.reading.cursors import Cursors
from resolvers.reading.loaders import Loaders
from resolvers.reading.records import Record
from resolvers.reading.redactions import Redactions
from resolvers.reading.viewers import EmbedFacts
from resolvers.values.web_addresses import AllowedOrigins

ReadProof = Callable[[str], Awaitable[str | None]]
"""Returns the text at an address that a user has entered, or None if it can't be read."""


async def read_no_proof(_address: str) -> str | None:
    """Read no address, as where nothing is sent to others."""
    return None


class TokenIssuer(Protocol):
    """Issues access tokens, and derives other secrets from the keys that sign them."""

    def issue(
        self,
        user_id: UUID,
        membership_id: UUID | None,
        lifetime: int,
        session_id: UUID | None = None,
        auth_time: datetime | None = None,
    ) -> str:
        """Return a token that expires in `lifetime` seconds."""

    def issue_embedded(self, user_id: UUID, embed: EmbedFacts, lifetime: int) -> str:
        """Return the token of an embed session, which expires in `lifetime` seconds."""

    def secrets(self, purpose: bytes) -> tuple[bytes, ...]:
        """Return a secret of each usable key, the signing key's first."""

    def kept_secrets(self, purpose: bytes) -> tuple[bytes, ...]:
        """Return a secret of each key, also of retired ones, to decrypt what is stored."""


@dataclass(slots=True, kw_only=True)
class Services:
    """What all requests share: the database, the policy, the encryption of cursors, and the limits of pages.

    In development, `policy` is replaced as a whole when its files change. A request keeps the policy it started with, so use
    `Context.policy`, and cache what is derived from it by its `version`. `reader` is for reads and `engine` for writes;
    `change_listener` reports changed rows; `audit` records who did what; `tokens` issues access tokens. With
    `local_hosts`, companies can name identity issuers and webhook endpoints on this machine. `origins` are those that the settings
    allow, and `read_proof` reads the files that prove others. With `strict_schema`, viewers don't learn the names of fields that
    they can never see. `exports` reads the pages of exports.
    """

    reader: Reader
    engine: AsyncEngine
    change_listener: ChangeListener
    audit: AuditLog
    policy: Policy
    cursors: Cursors
    tokens: TokenIssuer
    public_url: str
    site_url: str
    account_url: str
    passwords: Passwords = field(default_factory=Passwords)
    partner_docs_url: str | None = None
    default_page_size: int = 50
    max_page_size: int = 1000
    order_approval_days: int = 14
    refused_bank_countries: frozenset[str] = frozenset({"GB"})
    local_hosts: bool = False
    origins: AllowedOrigins = field(default_factory=AllowedOrigins)
    read_proof: ReadProof = read_no_proof
    strict_schema: bool = False
    exports: ExportPages = field(default_factory=NoExports)
    max_exports_per_viewer: int = 2
    max_exports_per_company: int = 10
    replicas: Replicas | None = None
    hubs: dict[str, Hub] = field(default_factory=dict)  # by type

    def hub(self, entity: str) -> Hub:
        """Return the hub of a type."""
        if entity not in self.hubs:
            self.hubs[entity] = Hub(entity, self, Context)
        return self.hubs[entity]

    def replace_policy(self, policy: Policy) -> None:
        """Use another policy for all requests that start from now on."""
        self.policy = policy

    async def close(self) -> None:
        """Close all connections to the database."""
        await self.audit.close()
        await self.change_listener.close()
        if self.replicas is not None:
            await self.replicas.close()
        await self.reader.close()
        self.passwords.close()
        await self.engine.dispose()


class Origin(NamedTuple):
    """Where an operation comes from.

    Mutations with the same `idempotency_key` run only once. `peer` is the sender's network address, and `user_agent` its program,
    if known. `refresh_cookie` is the refresh token in a cookie, where it counts (V59).
    """

    request_id: str | None = None
    idempotency_key: str | None = None
    peer: str | None = None
    user_agent: str | None = None
    refresh_cookie: str | None = None


class Context(Access):
    """One request of one viewer, or one subscription, which is renewed for each event.

    `requester` sent the request. It's the viewer itself unless somebody views the market as another viewer. `guard` is set while the
    viewer is the sender of an earlier request, to be confirmed before anything is sent.
    """

    def __init__(
        self,
        services: Services,
        viewer: Viewer,
        origin: Origin | None = None,
        renew: Renew | None = None,
        requester: Viewer | None = None,
    ) -> None:
        self.services = services
        self.reader: Reader | ReplicaReads = services.reader
        self.policy = services.policy
        self.origin = origin or Origin()
        self._requester = requester
        self._renew = renew
        # What a subscription selects and how it gets answers that others get too, if it can.
        self.selection: EventSelection | None = None
        self.deliver: Deliver | None = None
        self.expires_at: float | None = None
        self.guard: FactsGuard | None = None
        self.is_preview = False
        self.new_refresh_cookie: str | None = None  # to set with the response; empty to remove it
        self.has_changed = False  # whether a mutation of this request changed something
        # Settings to treat as if they were saved, by account.
        self.unsaved_settings: Mapping[UUID, Mapping[str, bool | None]] = {}
        # Companies of invitations whose links the request has, as a holder of the link reads them (V57).
        self.read_by_link: dict[UUID, Record] = {}
        self._begin(viewer)

    def _begin(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._parameters = None
        self.execution = ""  # which executor ran the operation: "planned", or graphql-core and why
        self.start_again()
        self.reset_caches()

    def reset_caches(self) -> None:
        """Discard everything loaded so far, because rows or rights have changed."""
        self.batches = Batches(self)
        self.loaders = Loaders(self)

    def start_again(self) -> None:
        """Forget what the operation has recorded, because it's executed again."""
        self.redactions = Redactions()
        self.audit_trail = AuditTrail()

    def continue_as(self, viewer: Viewer) -> None:
        """Replace the viewer by its current state. Discards what was loaded for a different state."""
        if viewer != self.viewer:
            self.viewer = viewer
            self._parameters = None
            self.reset_caches()

    @property
    def requester(self) -> Viewer:
        """Who sent the request. Their rights decide whether a tool can be used at all."""
        return self._requester or self.viewer

    @property
    def is_view_as(self) -> bool:
        """True if the requester views the market as another viewer."""
        return self._requester is not None

    def as_requester(self) -> Context:
        """Return a context of the same request with the requester as viewer, to load what they can read about themselves."""
        return self._derive(self.requester)

    def as_link_holder(self, invitation: UUID) -> Context:
        """Return a context of the same request with a visitor as viewer who holds the link of an invitation."""
        return self._derive(replace(ANONYMOUS, invitation_id=invitation))

    def preview(self, viewer: Viewer, account: UUID, settings: Mapping[str, bool | None]) -> Context:
        """Return a context of the same request for `viewer`, in which `account` has settings that aren't saved yet."""
        context = self._derive(viewer, self.requester)
        context.unsaved_settings = {account: settings}
        context.is_preview = True
        return context

    def _derive(self, viewer: Viewer, requester: Viewer | None = None) -> Context:
        context = Context(self.services, viewer, self.origin, requester=requester)
        context.policy = self.policy
        return context

    async def renew(self) -> bool:
        """Reload the viewer and discard everything loaded, for the next event. Returns False if the subscription must end."""
        viewer = None if self._renew is None else await self._renew(None)
        if viewer is None:
            return False
        self.begin_event(viewer)
        return True

    async def find_viewer(self, facts: FactsReader | None) -> Viewer | None:
        """Load the current viewer of a subscription, with a reader for its facts. None if the subscription must end."""
        return None if self._renew is None else await self._renew(facts)

    def begin_event(self, viewer: Viewer) -> None:
        """Start with the next event, as a viewer that was just loaded."""
        self.policy = self.services.policy
        self._begin(viewer)

    @property
    def cursors(self) -> Cursors:
        """Encrypts and decrypts cursors."""
        return self.services.cursors

    @property
    def page_sizes(self) -> tuple[int, int]:
        """The default and maximum page sizes."""
        return self.services.default_page_size, self.services.max_page_size

    def note_refused_argument(self, entity: str, field: str, code: str) -> None:
        """Record a refused order or filter, which would reveal a hidden field."""
        self.audit_trail.note_refused_argument(entity, field, code)
