"""GraphQL documents: parsed, measured and validated once for all who send the same text, and the operation that a request means.

A document in the cache is shared between requests; what becomes known of it is added, and true for all of them: that it fits a schema
is known of just that schema. What the cache holds is bounded by the length of its texts, so that nobody can fill the memory with
documents.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
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
from transport.limits.bounds import Bounds, Measurement
from transport.refusal import BadRequest, Refusal
from transport.validation import RULES

CACHED_CHARACTERS: Final = 250_000  # 280 bytes a character at worst: 70 MB
HELD_BESIDE: Final = 10  # what is kept of a document however short it is, in characters
MAX_OPERATIONS: Final = 100  # of a document, one of which runs
MOST_ERRORS: Final = 10  # errors that validation finds before it stops; a single one may quote a large part of the document
LARGEST_CACHED: Final = CACHED_CHARACTERS // 10  # a larger one would push out too many others


class ParseFailed(PublicError):
    """A document that is no GraphQL, or more of it than is allowed."""

    code = "GRAPHQL_PARSE_FAILED"

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.locations = error.locations


class DocumentTooLong(PublicError):
    """A document of more characters than are allowed."""

    code = "DOCUMENT_TOO_LONG"

    def __init__(self, characters: int, limit: int) -> None:
        message = f"The document has {characters} characters; {limit} are allowed. Send long values as variables."
        super().__init__(message, characters=characters, limit=limit)


class TooManyDocumentOperations(PublicError):
    """More operations in one document than are allowed: each of them is validated, and one is run."""

    code = "TOO_MANY_DOCUMENT_OPERATIONS"

    def __init__(self, operations: int, limit: int) -> None:
        message = f"The document has {operations} operations; {limit} are allowed. Send only the one to run."
        super().__init__(message, operations=operations, limit=limit)


class OperationNameRequired(PublicError):
    """Several operations and none named: running the first would be a guess."""

    code = "OPERATION_NAME_REQUIRED"

    def __init__(self) -> None:
        super().__init__("The document holds several operations; name one in operationName.")


class OperationNotFound(PublicError):
    """An operation that the document does not hold."""

    code = "OPERATION_NOT_FOUND"

    def __init__(self, name: str | None) -> None:
        wanted = f'operation named "{brief(name)}"' if name else "operation"
        super().__init__(f"The document holds no {wanted}.")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a document, and its place among them."""

    place: int
    node: OperationDefinitionNode

    @property
    def name(self) -> str | None:
        """Its name, None if it has none."""
        return self.node.name.value if self.node.name else None


class Document:
    """A parsed document, and what is known of it."""

    __slots__ = ("__weakref__", "_measured", "_operations", "ast", "faults", "is_valid")

    def __init__(self, ast: DocumentNode) -> None:
        nodes = [each for each in ast.definitions if isinstance(each, OperationDefinitionNode)]
        self.ast = ast
        # What validation has found, by schema; nothing where the document is valid.
        self.faults: WeakKeyDictionary[GraphQLSchema, list[GraphQLError]] = WeakKeyDictionary()
        self.is_valid = False  # whether it's known to fit some schema
        self._operations = [Operation(place, node) for place, node in enumerate(nodes)]
        self._measured: Measurement | None = None

    def operation(self, name: str | None) -> Operation:
        """The operation that a request means. Raises OperationNameRequired or OperationNotFound."""
        if name is None and len(self._operations) > 1:
            raise OperationNameRequired
        for each in self._operations:
            if name is None or each.name == name:
                return each
        raise OperationNotFound(name)

    @property
    def operations(self) -> int:
        """How many operations it has."""
        return len(self._operations)

    @property
    def is_measured(self) -> bool:
        """Whether its measures are known."""
        return self._measured is not None

    def measure(self, bounds: Bounds) -> Measurement:
        """What its operations cost, found out once. Raises what says that it is out of bounds."""
        if self._measured is None:
            self._measured = self._measure(bounds)
        return self._measured

    def validate(self, schema: GraphQLSchema, *, hides: bool) -> list[GraphQLError]:
        """What is wrong with it under a schema, found out once. `hides` leaves suggestions out of the errors."""
        found = self.faults.get(schema)
        if found is None:
            found = validate(schema, self.ast, RULES, max_errors=MOST_ERRORS, hide_suggestions=hides)
            self.faults[schema] = found
            self.is_valid = self.is_valid or not found
        return found

    def cost(self, operation: Operation, variables: dict[str, Any], bounds: Bounds) -> int:
        """What an operation costs with these variables. Raises what says that it is out of bounds."""
        costs, sizes = self.measure(bounds)
        cost, values = costs.of(operation.place, variables), sizes.of(operation.place, variables)
        bounds.check(cost, values)
        if operation.node.operation is not OperationType.QUERY:
            bounds.check_unplanned(values, operation.node.operation.value)
        return cost

    def _measure(self, bounds: Bounds) -> Measurement:
        try:
            return bounds.measure(self.ast)
        except GraphQLSyntaxError as error:
            raise ParseFailed(error) from None


class Documents:
    """Documents of one schema by their text, the most recently used ones kept.

    Where `schema_of` is given, a document has to fit the schema of whoever sends it.
    """

    def __init__(
        self, max_tokens: int, schema_of: SchemaOf | None = None, *, suggestions: bool = False, max_characters: int = 100_000
    ) -> None:
        """`suggestions` lets errors of validation suggest names of the schema."""
        self._max_tokens = max_tokens
        self._max_characters = max_characters
        self.hides = not suggestions
        self.schema_of = schema_of
        self._known: OrderedDict[str, Document] = OrderedDict()
        self._used: WeakValueDictionary[str, Document] = WeakValueDictionary()
        self._characters = 0

    def parse(self, text: str) -> Document:
        """The document of a text. Raises ParseFailed or DocumentTooLong."""
        return self._find(text) or self._keep(text, self._parsed(text))

    async def ready(self, text: str, bounds: Bounds) -> Document:
        """The document of a text, with its measures. A long new text is read beside the event loop.

        Raises ParseFailed, DocumentTooLong, or what says that it is out of bounds.
        """
        if len(text) < SHORT_DOCUMENT:
            return self.parse(text)
        document = self._find(text) or self._keep(text, await run_in_worker(self._parsed, text))
        if not document.is_measured:
            await run_in_worker(document.measure, bounds)
        return document

    async def validated(self, text: str, schema: GraphQLSchema, context: Any) -> None:
        """Validate a long document that is new, beside the event loop."""
        if len(text) < SHORT_DOCUMENT:
            return
        if self.schema_of is not None:
            schema = await run_in_worker(self.schema_of, schema, context)
        document = self.parse(text)
        if schema not in document.faults:
            await run_in_worker(document.validate, schema, hides=self.hides)

    def is_proven(self, text: str) -> bool:
        """Whether the document of a text is kept and known to be valid, so that it needs neither parsing nor validation."""
        document = self._known.get(text)
        return document is not None and document.is_valid

    def extension(self) -> SchemaExtension:
        """For the extensions of the schema: Strawberry then uses the document as transport has it, and validates it once."""
        return _Known(self)

    def _find(self, text: str) -> Document | None:
        """The document of a text that is kept, or that a request still uses."""
        if (document := self._known.get(text)) is not None:
            self._known.move_to_end(text)
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
        if len(text) > LARGEST_CACHED or text in self._known:
            return document
        self._known[text] = document
        self._characters += len(text) + HELD_BESIDE
        while self._characters > CACHED_CHARACTERS:
            dropped, _ = self._known.popitem(last=False)
            self._characters -= len(dropped) + HELD_BESIDE
        return document


class _Known(SchemaExtension):
    """What is known of a document, told to Strawberry."""

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
        if context.pre_execution_errors is not None:  # a preview, which was validated as part of its operation
            yield
            return
        schema = context.schema._schema
        if self._documents.schema_of is not None:
            schema = self._documents.schema_of(schema, context.context)
        if document is not None:
            context.pre_execution_errors = list(document.validate(schema, hides=self._documents.hides))
        yield


def require_runnable(operation: OperationDefinitionNode, method: str, *, streamed: bool = False) -> None:
    """Raises Refusal if the operation is of a kind that this method does not run, or that needs answers to be `streamed`."""
    if operation.operation is OperationType.SUBSCRIPTION and not streamed:
        raise BadRequest("A subscription has many answers: send it by WebSocket, or with Accept: text/event-stream.")
    if operation.operation is OperationType.MUTATION and method == "GET":
        headers = {"Allow": "POST"}
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Send mutations by POST.", headers)
