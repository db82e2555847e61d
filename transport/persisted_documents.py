"""Documents by name: clients send the hash of a document in place of its text.

- Automatic persisted queries, as Apollo and urql send them: a client sends a hash, and with an unknown one also the text. The gateway
  keeps the text for later. Visitors have a cache of their own, so they can't push out what others use.
- Trusted documents: those of a manifest that the gateway loads at start, by the IDs in it. They are never pushed out. The gateway can
  refuse all others, except those of its own pages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson
from cachetools import LRUCache

from plain_words import refusal
from resolvers.values.errors import PublicError
from transport.graphql_request import PERSISTED, GraphQLRequest
from transport.refusal import BadRequest

VERSION: Final = 1
HASH: Final = re.compile(r"[0-9a-f]{64}")
PREFIX: Final = "sha256:"
APOLLO: Final = "apollo-persisted-query-manifest"
MAX_CHARACTERS: Final = 1_000_000  # of the texts in each of the two caches
OVERHEAD: Final = 100  # characters that each text counts in addition: its hash and its entry


class PersistedQueryNotFound(PublicError):
    """The gateway doesn't have the text of this hash. The client sends both, once. Clients look for this very message."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class DocumentNotFound(PublicError):
    """No trusted document has this ID."""

    code = "DOCUMENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("No trusted document has this ID.")


class DocumentNotTrusted(PublicError):
    """The gateway runs only the documents of its manifest."""

    code = "DOCUMENT_NOT_TRUSTED"

    def __init__(self) -> None:
        super().__init__("This gateway runs only trusted documents, and this isn't one of them.")


class InvalidManifest(Exception):
    """A manifest of trusted documents can't be used."""


def _texts() -> LRUCache[str, str]:
    """Return a cache of texts by hash, bounded in characters."""
    return LRUCache(MAX_CHARACTERS, getsizeof=lambda text: len(text) + OVERHEAD)


@dataclass(slots=True)
class PersistedDocuments:
    """The documents that requests can name. `trusted` maps IDs and hashes to texts. Only the texts `allowed` run; None allows all."""

    trusted: Mapping[str, str] = field(default_factory=dict)
    allowed: Collection[str] | None = None
    _of_users: LRUCache[str, str] = field(default_factory=_texts)
    _of_visitors: LRUCache[str, str] = field(default_factory=_texts)

    def resolve(self, request: GraphQLRequest) -> None:
        """Set the text of a request that names its document. Raises PublicError or BadRequest."""
        if request.document_id is not None:
            request.query = self._named(request.document_id)
        elif (name := hash_of(request.extensions)) is not None:
            request.query = self._hashed(name, request.query)
        if self.allowed is not None and request.query not in self.allowed:
            raise DocumentNotTrusted

    def remember(self, request: GraphQLRequest, *, is_visitor: bool) -> None:
        """Keep the text of a request that gave its hash, once it has been accepted."""
        if request.document_id is None and (name := hash_of(request.extensions)) is not None:
            texts = self._of_visitors if is_visitor else self._of_users
            if len(request.query) + OVERHEAD <= texts.maxsize:
                texts[name] = request.query

    def _named(self, document_id: str) -> str:
        text = self.trusted.get(document_id) or self.trusted.get(document_id.removeprefix(PREFIX))
        if text is None:
            raise DocumentNotFound
        return text

    def _hashed(self, name: str, text: str) -> str:
        """Return the text of a hash. Raises PersistedQueryNotFound, or BadRequest if a given text has another hash."""
        if text:
            if sha256(text.encode()).hexdigest() != name:
                raise BadRequest("The hash in extensions.persistedQuery isn't the SHA-256 hash of the query.")
            return text
        found = self.trusted.get(name) or self._of_users.get(name) or self._of_visitors.get(name)
        if found is None:
            raise PersistedQueryNotFound
        return found


def read_manifest(path: Path) -> dict[str, str]:
    """Return the texts of a manifest by ID, as Apollo, Relay and GraphQL Code Generator write it. Raises InvalidManifest."""
    try:
        content = orjson.loads(path.read_bytes())
    except OSError as error:
        raise InvalidManifest(f"can't be read. {refusal(error)}") from None
    except orjson.JSONDecodeError as error:
        raise InvalidManifest(f"isn't valid JSON (line {error.lineno}, column {error.colno})") from None
    if isinstance(content, dict) and content.get("format") == APOLLO:
        content = _of_apollo(content.get("operations"))
    if not isinstance(content, dict) or not all(isinstance(part, str) and part for pair in content.items() for part in pair):
        raise InvalidManifest("must be a manifest of Apollo, or an object of texts by ID")
    return content


def _of_apollo(operations: Any) -> dict[Any, Any] | None:
    """Return the texts of a list of Apollo's operations by ID, or None if it is no such list."""
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        return None
    return {each.get("id"): each.get("body") for each in operations}


def with_hashes(documents: Mapping[str, str]) -> dict[str, str]:
    """Add the hash of each text as an ID."""
    return {**{sha256(text.encode()).hexdigest(): text for text in documents.values()}, **documents}


def hash_of(extensions: Mapping[str, Any]) -> str | None:
    """Return the hash in the extensions of a request, or None. Raises BadRequest."""
    persisted = extensions.get(PERSISTED)
    if persisted is None:
        return None
    version, name = (persisted.get("version"), persisted.get("sha256Hash")) if isinstance(persisted, dict) else (None, None)
    if version != VERSION or not isinstance(name, str) or not HASH.fullmatch(name):
        raise BadRequest("extensions.persistedQuery must have version 1 and sha256Hash, 64 lower-case hexadecimal digits.")
    return name
