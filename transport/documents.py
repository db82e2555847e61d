"""GraphQL documents: each text is parsed, measured and validated once, and cached for all requests that send it.

Requests share a cached document, so everything stored on it must hold for all of them; validation errors are stored per schema.
The total length of the cached texts is bounded, so that clients can't fill the memory with documents.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Self
from weakref import WeakKeyDictionary, WeakValueDictionary

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)
from strawberry.extensions import SchemaExtension

from resolvers.execution.worker_thread import SHORT_DOCUMENT, run_in_worker
from resolvers.values.errors import PublicError
from resolvers.values.text import brief
from schema.extensions.viewer_introspection import SchemaOf
from transport.limits.bounds import Bounds, Measurement, Size
from transport.persisted_documents import PersistedDocuments
from transport.refusal import BadRequest, Refusal
from transport.validation import RULES

MAX_CACHED_CHARACTERS: Final = 250_000  # 280 bytes a character at worst: 70 MB
DOCUMENT_OVERHEAD: Final = 10  # characters that each cached document counts in addition to its text
MAX_OPERATIONS: Final = 100  # per document; only one of them runs
MAX_VALIDATION_ERRORS: Final = 10  # validation stops after this many errors, because each can quote much of the document
MAX_CACHED_DOCUMENT_LENGTH: Final = MAX_CACHED_CHARACTERS // 10  # caching a longer one would evict too many others


class ParseFailed(PublicError):
    """The document isn't valid GraphQL, or has too many tokens."""

    code = "GRAPHQL_PARSE_FAILED"

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.locations = error.locations


class DocumentTooLong(PublicError):
    """The document has too many characters."""

    code = "DOCUMENT_TOO_LONG"

    def __init__(self, characters: int, limit: int) -> None:
        message = f"The document has {characters} characters; at most {limit} are allowed. Send long values as variables."
        super().__init__(message, characters=characters, limit=limit)


class TooManyDocumentOperations(PublicError):
    """The document has too many operations: all are validated, but only one runs."""

    code = "TOO_MANY_DOCUMENT_OPERATIONS"

    def __init__(self, operations: int, limit: int) -> None:
        message = f"The document has {operations} operations; at most {limit} are allowed. Send only the operation to run."
        super().__init__(message, operations=operations, limit=limit)


class OperationNameRequired(PublicError):
    """The document has several operations, and the request doesn't choose one."""

    code = "OPERATION_NAME_REQUIRED"

    def __init__(self) -> None:
        super().__init__("The document contains several operations. Choose one with operationName.")


class OperationNotFound(PublicError):
    """The document doesn't contain the requested operation."""

    code = "OPERATION_NOT_FOUND"

    def __init__(self, name: str | None) -> None:
        missing = f'operation named "{brief(name)}"' if name else "operation"
        super().__init__(f"The document contains no {missing}.")


class Operation(NamedTuple):
    """An operation of a document, its index, its name unless it's anonymous, and the name of its type."""

    place: int
    node: OperationDefinitionNode
    name: str | None
    type_name: str

    @classmethod
    def of(cls, place: int, node: OperationDefinitionNode) -> Self:
        """Return the operation of a node."""
        return cls(place, node, node.name.value if node.name else None, node.operation.value)


class Document:
    """A parsed document with its measurements and validation errors."""

    __slots__ = ("__weakref__", "_measured", "_operations", "ast", "faults", "is_valid")

    def __init__(self, ast: DocumentNode) -> None:
        nodes = [each for each in ast.definitions if isinstance(each, OperationDefinitionNode)]
        self.ast = ast
        # Validation errors by schema; an empty list if the document is valid.
        self.faults: WeakKeyDictionary[GraphQLSchema, list[GraphQLError]] = WeakKeyDictionary()
        self.is_valid = False  # for at least one schema
        self._operations = [Operation.of(place, node) for place, node in enumerate(nodes)]
        self._measured: Measurement | None = None

    def operation(self, name: str | None) -> Operation:
        """Select the operation to run. Raises OperationNameRequired or OperationNotFound."""
        if name is None and len(self._operations) > 1:
            raise OperationNameRequired
        for each in self._operations:
            if name is None or each.name == name:
                return each
        raise OperationNotFound(name)

    @property
    def operations(self) -> int:
        """The number of operations."""
        return len(self._operations)

    @property
    def is_measured(self) -> bool:
        """Whether the document has been measured."""
        return self._measured is not None

    def measure(self, bounds: Bounds) -> Measurement:
        """Measure the operations, once. Raises the error of an exceeded bound."""
        if self._measured is None:
            self._measured = self._measure(bounds)
        return self._measured

    def validate(self, schema: GraphQLSchema, *, hides: bool) -> list[GraphQLError]:
        """Validate against a schema, once, and return the errors. `hides` removes suggestions from them."""
        errors = self.faults.get(schema)
        if errors is None:
            errors = validate(schema, self.ast, RULES, max_errors=MAX_VALIDATION_ERRORS, hide_suggestions=hides)
            self.faults[schema] = errors
            self.is_valid = self.is_valid or not errors
        return errors

    def size(self, operation: Operation, variables: dict[str, Any], bounds: Bounds) -> Size:
        """Return the size of an operation with these variables. Raises the error of an exceeded bound."""
        costs, values = self.measure(bounds)
        size = Size(costs.of(operation.place, variables), values.of(operation.place, variables))
        bounds.check(size)
        if operation.node.operation is not OperationType.QUERY:
            bounds.check_unplanned(size.values, operation.type_name)
        return size

    def _measure(self, bounds: Bounds) -> Measurement:
        try:
            return bounds.measure(self.ast)
        except GraphQLSyntaxError as error:
            raise ParseFailed(error) from None


class Documents:
    """An LRU cache of one schema's documents, by text.

    With `schema_of`, documents are validated against the schema of the viewer. `persisted` has those that requests can name.
    """

    def __init__(
        self, max_tokens: int, max_characters: int, schema_of: SchemaOf | None = None, *, suggestions: bool = False
    ) -> None:
        """`suggestions` allows validation errors to suggest names from the schema."""
        self._max_tokens = max_tokens
        self._max_characters = max_characters
        self.hides = not suggestions
        self.schema_of = schema_of
        self.persisted = PersistedDocuments()
        self._pinned: dict[str, Document] = {}
        self._cached: OrderedDict[str, Document] = OrderedDict()
        self._used: WeakValueDictionary[str, Document] = WeakValueDictionary()
        self._characters = 0

    def parse(self, text: str) -> Document:
        """Return the document of a text. Raises ParseFailed, DocumentTooLong or TooManyDocumentOperations."""
        return self._find(text) or self._keep(text, self._parsed(text))

    async def ready(self, text: str, bounds: Bounds) -> Document:
        """Return the measured document of a text. A long new text is parsed and measured in a thread.

        Raises ParseFailed, DocumentTooLong, TooManyDocumentOperations, or the error of an exceeded bound.
        """
        if len(text) < SHORT_DOCUMENT:
            return self.parse(text)
        document = self._find(text) or self._keep(text, await run_in_worker(self._parsed, text))
        if not document.is_measured:
            await run_in_worker(document.measure, bounds)
        return document

    async def validated(self, text: str, schema: GraphQLSchema, context: Any) -> None:
        """Validate a long new document in a thread. Short ones are validated during execution."""
        if len(text) < SHORT_DOCUMENT:
            return
        if self.schema_of is not None:
            schema = await run_in_worker(self.schema_of, schema, context)
        document = self.parse(text)
        if schema not in document.faults:
            await run_in_worker(document.validate, schema, hides=self.hides)

    def is_proven(self, text: str) -> bool:
        """Return whether a text is cached and valid, so that it needs neither parsing nor validation."""
        document = self._pinned.get(text) or self._cached.get(text)
        return document is not None and document.is_valid

    @property
    def pinned(self) -> Mapping[str, Document]:
        """The documents that are kept for good, by text."""
        return self._pinned

    def pin(self, text: str, schema: GraphQLSchema, bounds: Bounds) -> str | None:
        """Keep the document of a text for good, parsed, measured and validated. Return its first problem instead, if it has one."""
        try:
            document = self._parsed(text)
            document.measure(bounds)
        except PublicError as error:
            return str(error)
        if errors := document.validate(schema, hides=self.hides):
            return errors[0].message
        self._pinned[text] = document
        return None

    def extension(self) -> SchemaExtension:
        """Return a schema extension that makes Strawberry use the cached document and validation errors."""
        return _CachedDocument(self)

    def _find(self, text: str) -> Document | None:
        """Return the document of a text if it is cached or a request still uses it."""
        if (document := self._pinned.get(text)) is not None:
            return document
        if (document := self._cached.get(text)) is not None:
            self._cached.move_to_end(text)
            return document
        return self._used.get(text)

    def _parsed(self, text: str) -> Document:
        if len(text) > self._max_characters:
            raise DocumentTooLong(len(text), self._max_characters)
        try:
            document = Document(parse(text, max_tokens=self._max_tokens))
        except GraphQLError as error:
            raise ParseFailed(error) from None
        if document.operations > MAX_OPERATIONS:
            raise TooManyDocumentOperations(document.operations, MAX_OPERATIONS)
        return document

    def _keep(self, text: str, document: Document) -> Document:
        self._used[text] = document
        if len(text) > MAX_CACHED_DOCUMENT_LENGTH or text in self._cached:
            return document
        self._cached[text] = document
        self._characters += len(text) + DOCUMENT_OVERHEAD
        while self._characters > MAX_CACHED_CHARACTERS:
            dropped, _ = self._cached.popitem(last=False)
            self._characters -= len(dropped) + DOCUMENT_OVERHEAD
        return document


class _CachedDocument(SchemaExtension):
    """Gives Strawberry the cached document and its validation errors."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._document: Document | None = None

    def on_parse(self) -> Iterator[None]:
        if self.execution_context.query:
            self._document = self._documents.parse(self.execution_context.query)
            self.execution_context.graphql_document = self._document.ast
        yield

    def on_validate(self) -> Iterator[None]:
        context, document = self.execution_context, self._document
        if context.pre_execution_errors is not None:  # a preview, already validated with its operation
            yield
            return
        schema = context.schema._schema
        if self._documents.schema_of is not None:
            schema = self._documents.schema_of(schema, context.context)
        if document is not None:
            context.pre_execution_errors = list(document.validate(schema, hides=self._documents.hides))
        yield


def require_runnable(operation: OperationDefinitionNode, method: str, *, streamed: bool = False) -> None:
    """Raise Refusal if the method can't run this kind of operation. Subscriptions need a `streamed` response.

    GET allows only queries, and so does QUERY, whose status for another operation is 422 (RFC 10008).
    """
    if operation.operation is OperationType.SUBSCRIPTION and not streamed:
        raise BadRequest("Subscriptions need a streaming transport. Use a WebSocket, or send Accept: text/event-stream.")
    if operation.operation is OperationType.MUTATION and method == "GET":
        headers = {"Allow": "POST"}
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Send mutations by POST.", headers)
    if operation.operation is OperationType.MUTATION and method == "QUERY":
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "NOT_A_QUERY", "The method QUERY runs only queries. Send mutations by POST."
        )
