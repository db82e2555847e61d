"""GraphQL documents: parsed under a limit, once for all who send the same text, and the operation that a request means.

A document in the cache is shared between requests and never changed. What the cache holds is bounded by the length of its
texts, so that nobody can fill the memory with documents.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from strawberry.extensions import SchemaExtension

from resolvers.errors import PublicError
from transport.refusal import BadRequest, Refusal

CACHED_CHARACTERS: Final = 250_000  # 280 bytes a character at worst: 70 MB
LARGEST_CACHED: Final = CACHED_CHARACTERS // 10  # a larger one would push out too many others


class ParseFailed(PublicError):
    """A document that is no GraphQL, or more of it than is allowed."""

    code = "GRAPHQL_PARSE_FAILED"

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.locations = error.locations


class OperationNameRequired(PublicError):
    """Several operations and none named: running the first would be a guess."""

    code = "OPERATION_NAME_REQUIRED"

    def __init__(self) -> None:
        super().__init__("The document holds several operations; name one in operationName.")


class OperationNotFound(PublicError):
    """An operation that the document does not hold."""

    code = "OPERATION_NOT_FOUND"

    def __init__(self, name: str | None) -> None:
        wanted = f'operation named "{name}"' if name else "operation"
        super().__init__(f"The document holds no {wanted}.")


class Documents:
    """Parsed documents by their text, the most recently used ones kept."""

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._parsed: OrderedDict[str, DocumentNode] = OrderedDict()
        self._characters = 0

    def parse(self, text: str) -> DocumentNode:
        """The document of a text. Raises ParseFailed."""
        if (document := self._parsed.get(text)) is not None:
            self._parsed.move_to_end(text)
            return document
        try:
            document = parse(text, max_tokens=self._max_tokens)
        except GraphQLError as error:
            raise ParseFailed(error) from None
        self._keep(text, document)
        return document

    def extension(self) -> SchemaExtension:
        """For the schema's `extensions`: lets Strawberry use the document that transport has parsed already."""
        return _Parsed(self)

    def _keep(self, text: str, document: DocumentNode) -> None:
        if len(text) > LARGEST_CACHED:
            return
        self._parsed[text] = document
        self._characters += len(text)
        while self._characters > CACHED_CHARACTERS:
            dropped, _ = self._parsed.popitem(last=False)
            self._characters -= len(dropped)


class _Parsed(SchemaExtension):
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def on_parse(self) -> Iterator[None]:
        if self.execution_context.query:
            self.execution_context.graphql_document = self._documents.parse(self.execution_context.query)
        yield


def select(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation that a request means. Raises OperationNameRequired or OperationNotFound."""
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is None and len(operations) > 1:
        raise OperationNameRequired
    chosen = [each for each in operations if name is None or (each.name is not None and each.name.value == name)]
    if not chosen:
        raise OperationNotFound(name)
    return chosen[0]


def require_runnable(operation: OperationDefinitionNode, method: str) -> None:
    """Raises Refusal if the operation is of a kind that this method does not run."""
    if operation.operation is OperationType.SUBSCRIPTION:
        raise BadRequest("Subscriptions do not run here; send queries and mutations.")
    if operation.operation is OperationType.MUTATION and method == "GET":
        headers = {"Allow": "POST"}
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Send mutations by POST.", headers)
