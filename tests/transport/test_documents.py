"""Documents are parsed and validated once per text, in bounded memory."""

from __future__ import annotations

import threading
from typing import Any
from weakref import ref

import pytest
import strawberry
from graphql import build_schema, validate

from resolvers.execution.worker_thread import SHORT_DOCUMENT
from schema.extensions.runner import Schema
from settings import Settings
from tests.transport.conftest import PostQuery
from tests.transport.gateway import Query
from transport.documents import (
    MAX_CACHED_CHARACTERS,
    MAX_CACHED_DOCUMENT_LENGTH,
    MAX_OPERATIONS,
    Documents,
    ParseFailed,
    TooManyDocumentOperations,
)
from transport.graphql_request import GraphQLRequest
from transport.limits.bounds import bounds_of
from transport.limits.quotas import Payer
from transport.operations import OperationRunner
from transport.validation import MAX_ERRORS_OF_VALUE


def test_text_is_parsed_once() -> None:
    """The same text returns the same document."""
    documents = Documents(max_tokens=100, max_characters=100_000)

    assert documents.parse("{ a }") is documents.parse("{ a }")
    assert documents.parse("{ a }") is not documents.parse("{ b }")


async def test_schema_reuses_the_parsed_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema with the extension executes the document that transport has already parsed."""
    monkeypatch.setattr("strawberry.schema.schema.parse", None)
    documents = Documents(max_tokens=100, max_characters=100_000)
    schema = strawberry.Schema(Query, extensions=[documents.extension])

    result = await schema.execute("{ hello }")

    assert (result.data, result.errors) == ({"hello": "Hello, world!"}, None)


async def test_valid_document_is_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that has passed validation is executed without validating it again."""
    documents = Documents(max_tokens=100, max_characters=100_000)
    schema = strawberry.Schema(Query, extensions=[documents.extension])
    first = await schema.execute("{ hello }")

    monkeypatch.setattr("strawberry.schema.schema.validate_document", None)
    second = await schema.execute("{ hello }")

    assert (first.data, first.errors) == (second.data, second.errors) == ({"hello": "Hello, world!"}, None)


async def test_long_document_is_validated_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long document is parsed and validated in a thread, so that other requests are served meanwhile. A short one isn't."""
    threads: list[str] = []

    def record_thread(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread().name)
        return validate(*args, **kwargs)

    monkeypatch.setattr("transport.documents.validate", record_thread)
    documents = Documents(max_tokens=10_000, max_characters=100_000)
    schema = Schema(Query, extensions=[documents.extension])
    bounds = bounds_of(schema._schema, Settings())
    operations = OperationRunner(schema=schema, documents=documents, bounds=bounds)
    for text in ("{ hello }", "{ hello } #" + "x" * SHORT_DOCUMENT):
        request = GraphQLRequest(query=text, operation_name=None, variables={}, extensions={})
        result = await operations.execute(await operations.prepare(request, "POST", FreePayer()), None)
        assert {"hello": "Hello, world!"} == result.data

    assert [threading.current_thread().name, "worker_0"] == threads


class FreePayer(Payer):
    """A payer without a quota."""

    def __init__(self) -> None:
        self.is_visitor = True

    def charge(self, amount: int) -> None:
        """Charge nothing."""


async def test_document_is_validated_against_the_callers_schema() -> None:
    """A document valid for one caller's schema can be invalid for another's, whose hidden fields look nonexistent."""
    without = build_schema("type Query { other: String }")
    documents = Documents(
        max_tokens=100,
        max_characters=100_000,
        schema_of=lambda full, context: without if context == "without" else full,
    )
    schema = strawberry.Schema(Query, extensions=[documents.extension])

    answers = [await schema.execute("{ hello }", context_value=context) for context in ("with", "without", "with")]

    assert [{"hello": "Hello, world!"}, None, {"hello": "Hello, world!"}] == [answer.data for answer in answers]
    assert ["Cannot query field 'hello' on type 'Query'."] == [error.message for error in answers[1].errors or []]


async def test_invalid_document_is_refused_each_time() -> None:
    """An invalid document gets the same errors each time."""
    documents = Documents(max_tokens=100, max_characters=100_000)
    schema = strawberry.Schema(Query, extensions=[documents.extension])

    answers = [await schema.execute("{ nope }") for _ in range(2)]

    assert [None, None] == [answer.data for answer in answers]
    assert [["Cannot query field 'nope' on type 'Query'."]] * 2 == [
        [error.message for error in answer.errors or []] for answer in answers
    ]


def test_least_recently_used_documents_are_evicted() -> None:
    """When the cached texts exceed the cache's size, the least recently used documents are dropped."""
    documents = Documents(max_tokens=100, max_characters=100_000)
    first, second = documents.parse("{ first }"), ref(documents.parse("{ second }"))
    filler = MAX_CACHED_DOCUMENT_LENGTH - 10

    for number in range(MAX_CACHED_CHARACTERS // filler + 1):
        documents.parse("{ first }")
        documents.parse(f"{{ a{number} }}".ljust(filler))

    assert first is documents.parse("{ first }")
    assert second() is None


def test_huge_document_evicts_no_other() -> None:
    """A text too long to cache is parsed once for concurrent requests, and then forgotten."""
    documents = Documents(max_tokens=100, max_characters=100_000)
    huge = "{ a }".ljust(MAX_CACHED_DOCUMENT_LENGTH + 1)

    document = documents.parse(huge)
    assert document is documents.parse(huge)
    reference = ref(document)
    del document
    assert reference() is None


def test_comments_count_as_tokens() -> None:
    """A document with more tokens than allowed is refused, and comments count."""
    with pytest.raises(ParseFailed, match="Document contains more than 100 tokens"):
        Documents(max_tokens=100, max_characters=100_000).parse("#\n" * 101 + "{ a }")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("{}", 2),
        ("{ hello {} }", 10),
        ("query A {}", 10),
        ("{ hello ... on Query {} }", 23),
        ("{ hello } fragment F on Query {}", 32),
        ("{ nope { nope {} } }", 16),
        ("mutation {}", 11),
    ],
)
async def test_empty_braces_are_a_syntax_error(post: PostQuery, text: str, column: int) -> None:
    """The parser accepts empty braces, so the gateway refuses them and returns their location."""
    response = await post(text)

    (error,) = response.json()["errors"]
    assert (400, "GRAPHQL_PARSE_FAILED") == (response.status_code, error["extensions"]["code"])
    assert ("Syntax Error: Expected Name, found '}'.", [{"line": 1, "column": column}]) == (
        error["message"],
        error["locations"],
    )


def test_document_with_many_operations_is_refused() -> None:
    """Every operation is validated though only one runs, so their number is limited."""
    documents = Documents(max_tokens=5000, max_characters=100_000)
    text = " ".join(f"query q{number} {{ a }}" for number in range(MAX_OPERATIONS + 1))

    with pytest.raises(TooManyDocumentOperations) as refused:
        documents.parse(text)

    expected = {"code": "TOO_MANY_DOCUMENT_OPERATIONS", "operations": MAX_OPERATIONS + 1, "limit": MAX_OPERATIONS}
    assert expected == refused.value.extensions
    assert MAX_OPERATIONS == documents.parse(text.rpartition("query")[0]).operations


@pytest.mark.parametrize(("fields", "errors"), [(2, 2), (50, MAX_ERRORS_OF_VALUE)])
def test_errors_per_value_are_limited(fields: int, errors: int) -> None:
    """Each error quotes the whole value, so a value gets a few errors only. Other arguments are still validated."""
    schema = build_schema("input Wanted { a: Int } type Query { list(wanted: Wanted, first: Int): Int }")
    unknown = " ".join(f"x{number}: 1" for number in range(fields))
    document = Documents(max_tokens=5000, max_characters=100_000).parse(f'{{ list(wanted: {{ {unknown} }}, first: "no") }}')

    messages = [error.message.partition(",")[0] for error in document.validate(schema, hides=True)]

    expected = [f"Expected value of type 'Wanted' not to include unknown field 'x{number}'" for number in range(errors)]
    assert [*expected, 'Int cannot represent non-integer value: "no"'] == messages
