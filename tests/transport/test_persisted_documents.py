"""Documents by name: automatic persisted queries, and trusted documents of a manifest."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

import server
from policies.evaluation.shapes import expected_shapes
from resolvers.execution.plans import PlanRunner
from settings import InvalidSettings, Settings
from tests.client import ANONYMOUS, HIDDEN, PATIENT, Client, open_client
from transport import persisted_documents
from transport.graphql_request import GraphQLRequest
from transport.limits.quotas import MIN_CHARGE
from transport.persisted_documents import PersistedDocuments, PersistedQueryNotFound

OWN: Final = server.HERE / "portal" / "documents"
QUERY: Final = "query Name($of: ID!) { node(id: $of) { id } }"
TYPENAME: Final = "{ __typename }"
ANSWER: Final = {"data": {"__typename": "Query"}}


def hashed(text: str) -> str:
    """Return the hash that clients send for a text."""
    return sha256(text.encode()).hexdigest()


def persisted(text: str, **changes: Any) -> dict[str, Any]:
    """Return the extensions of a request that names a text by its hash."""
    return {"persistedQuery": {"version": 1, "sha256Hash": hashed(text), **changes}}


async def post(client: Client, viewer: str | None = None, **body: Any) -> tuple[int, Any]:
    """Post a request and return the status and the response."""
    response = await client.post(viewer, "/graphql", body, Accept="application/graphql-response+json")
    return response.status_code, without_extensions(response.json())


async def get(client: Client, **parameters: Any) -> Any:
    """Send a request by GET, as clients do with hashes."""
    encoded = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    return without_extensions((await client.http.get("/graphql", params=encoded)).json())


def without_extensions(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out the extensions of a response, which name the policy."""
    return {name: value for name, value in answer.items() if name != "extensions"}


def codes(answer: Any) -> list[str]:
    """Return the codes of a response's errors."""
    return [error["extensions"]["code"] for error in answer["errors"]]


@pytest.mark.one_process
async def test_unknown_hash_is_answered_as_clients_expect(demo_client: Client) -> None:
    """Apollo Client looks for the code and urql for the message. Then they send the text too, and afterwards the hash alone."""
    text = "query Unknown { __typename }"
    status, unknown = await post(demo_client, extensions=persisted(text))
    sent = await post(demo_client, query=text, extensions=persisted(text))
    again = await post(demo_client, extensions=persisted(text))

    assert (400, ["PERSISTED_QUERY_NOT_FOUND"], "PersistedQueryNotFound") == (
        status,
        codes(unknown),
        unknown["errors"][0]["message"],
    )
    assert (200, ANSWER) == sent == again


@pytest.mark.one_process
async def test_hash_is_enough_for_get(demo_client: Client) -> None:
    """Requests by GET can be cached by a CDN, since their URL stays short."""
    text = "query ByGet { __typename }"
    unknown = await get(demo_client, extensions=persisted(text))
    sent = await get(demo_client, query=text, extensions=persisted(text))
    again = await get(demo_client, extensions=persisted(text))

    assert ["PERSISTED_QUERY_NOT_FOUND"] == codes(unknown)
    assert ANSWER == sent == again


@pytest.mark.one_process
async def test_known_text_runs_with_the_viewer_and_variables_of_each_request(demo_client: Client) -> None:
    """Only the text is shared: each viewer's request runs with its own rights."""
    text = "query Own { viewer { user { email } } }"
    await post(demo_client, query=text, extensions=persisted(text))

    _, visitor = await post(demo_client, extensions=persisted(text))
    _, member = await post(demo_client, HIDDEN, extensions=persisted(text))

    assert [None, {"email": HIDDEN}] == [answer["data"]["viewer"]["user"] for answer in (visitor, member)]


@pytest.mark.parametrize(
    "extensions",
    [
        {"persistedQuery": "nonsense"},
        persisted(TYPENAME, version=2),
        persisted(TYPENAME, sha256Hash="abc"),
        persisted(TYPENAME, sha256Hash=7),
        persisted("{ another }"),
    ],
    ids=["no object", "another version", "short hash", "number", "hash of another text"],
)
async def test_invalid_hash_is_refused(demo_client: Client, extensions: dict[str, Any]) -> None:
    """A wrong hash is never kept, so nobody can make another's request run a different document."""
    status, answer = await post(demo_client, query=TYPENAME, extensions=extensions)

    assert (400, ["BAD_REQUEST"]) == (status, codes(answer))


async def test_invalid_document_is_not_kept(demo_client: Client) -> None:
    """A text that can't be parsed gets its error each time."""
    text = "{ unclosed"
    first, second = [await post(demo_client, query=text, extensions=persisted(text)) for _ in range(2)]
    _, alone = await post(demo_client, extensions=persisted(text))

    assert ["GRAPHQL_PARSE_FAILED"] == codes(first[1]) == codes(second[1])
    assert ["PERSISTED_QUERY_NOT_FOUND"] == codes(alone)


@pytest.mark.parametrize(
    "body",
    [{"extensions": persisted("{ unknownAndCharged }")}, {"documentId": "unknown"}, {"extensions": {"persistedQuery": 7}}],
    ids=["unknown hash", "unknown ID", "invalid hash"],
)
async def test_naming_an_unknown_document_is_charged(demo_url: str, tmp_path: Path, body: dict[str, Any]) -> None:
    """A flood of names that nobody knows uses up the quota, as a flood of invalid texts does."""
    async with open_client(demo_url, tmp_path, cost_per_peer=MIN_CHARGE) as client:
        statuses = [(await post(client, **body))[0] for _ in range(3)]

    assert 429 in statuses


def request_of(text: str) -> GraphQLRequest:
    """Return a request with a text and its hash."""
    return GraphQLRequest(query=text, operation_name=None, variables={}, extensions=persisted(text))


def found(documents: PersistedDocuments, text: str) -> bool:
    """Return whether the text of a hash is known."""
    request = request_of(text)
    request.query = ""
    try:
        documents.resolve(request)
    except PersistedQueryNotFound:
        return False
    return request.query == text


def test_visitors_push_out_only_what_visitors_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded, and a stranger's flood leaves the documents of users and of the manifest where they are."""
    monkeypatch.setattr(persisted_documents, "MAX_CHARACTERS", 5000)
    documents = PersistedDocuments(persisted_documents.with_hashes({"a": "{ trusted }"}))
    documents.remember(request_of("{ ofUser }"), is_visitor=False)
    documents.remember(request_of("{ ofVisitor }"), is_visitor=True)
    for number in range(100):
        documents.remember(request_of(f"{{ flood{number} }}"), is_visitor=True)

    assert [True, True, False, True] == [
        found(documents, text) for text in ("{ trusted }", "{ ofUser }", "{ ofVisitor }", "{ flood99 }")
    ]
    assert sum(found(documents, f"{{ flood{number} }}") for number in range(100)) < 50


APOLLO: Final = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": hashed(TYPENAME), "name": "Name", "type": "query", "body": TYPENAME}],
}
MD5: Final = "0123456789abcdef0123456789abcdef"
MANIFESTS: Final[dict[str, tuple[Any, str]]] = {  # the manifest, and the ID of its document
    "Apollo": (APOLLO, hashed(TYPENAME)),
    "Relay": ({MD5: TYPENAME}, MD5),
    "codegen": ({hashed(TYPENAME): TYPENAME}, hashed(TYPENAME)),
}


@pytest.mark.parametrize("kind", MANIFESTS)
async def test_trusted_document_runs_by_its_id(demo_url: str, tmp_path: Path, kind: str) -> None:
    """By the ID of the manifest, as GraphQL over HTTP and Relay send it, and by its hash, as persisted queries do."""
    manifest, (content, name) = tmp_path / "manifest.json", MANIFESTS[kind]
    manifest.write_text(json.dumps(content), "utf-8")

    async with open_client(demo_url, tmp_path, trusted_documents_file=manifest) as client:
        by_id = [await post(client, **{parameter: name}) for parameter in ("documentId", "doc_id")]
        by_hash = [
            await post(client, documentId=f"sha256:{hashed(TYPENAME)}"),
            await post(client, extensions=persisted(TYPENAME)),
        ]
        by_get = await get(client, documentId=name)

    assert [(200, ANSWER)] * 4 == [*by_id, *by_hash]
    assert ANSWER == by_get


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"documentId": "unknown"}, "DOCUMENT_NOT_FOUND"),
        ({"documentId": 7}, "BAD_REQUEST"),
        ({"documentId": "a", "doc_id": "b"}, "BAD_REQUEST"),
        ({"documentId": "a", "query": TYPENAME}, "BAD_REQUEST"),
        ({}, "BAD_REQUEST"),
    ],
    ids=["unknown", "number", "two", "also a text", "nothing"],
)
async def test_invalid_id_is_refused(demo_client: Client, body: dict[str, Any], code: str) -> None:
    """Each mistake gets an error with a code."""
    status, answer = await post(demo_client, **body)

    assert (400, [code]) == (status, codes(answer))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("nonsense", "isn't valid JSON (line 1, column 1)"),
        ("[]", "must be a manifest"),
        ('{"a": 7}', "must be a manifest"),
        ('{"format": "apollo-persisted-query-manifest", "operations": {}}', "must be a manifest"),
        ('{"a": "{ unknown }"}', "has an invalid document a: Cannot query field 'unknown' on type 'Query'."),
        ('{"a": "{ unclosed"}', "has an invalid document a: Syntax Error"),
    ],
)
def test_invalid_manifest_stops_the_start(demo_url: str, tmp_path: Path, content: str, problem: str) -> None:
    """The error names the setting and what is wrong."""
    manifest = tmp_path / "manifest.json"
    manifest.write_text(content, "utf-8")

    with pytest.raises(InvalidSettings) as failed:
        server.build(Settings(data_dir=tmp_path, database_url=demo_url, log_level="ERROR", trusted_documents_file=manifest))

    assert problem in failed.value.problems["CROSSGATE_TRUSTED_DOCUMENTS_FILE"]


def test_missing_manifest_stops_the_start(demo_url: str, tmp_path: Path) -> None:
    """So a typo in the path isn't noticed by clients first."""
    settings = Settings(
        data_dir=tmp_path, database_url=demo_url, log_level="ERROR", trusted_documents_file=tmp_path / "missing"
    )

    with pytest.raises(InvalidSettings, match="can't be read"):
        server.build(settings)


def manifest_of(directory: Path, *texts: str) -> Path:
    """Write a manifest of documents by their hashes."""
    path = directory / "manifest.json"
    path.write_text(json.dumps({hashed(text): text for text in texts}), "utf-8")
    return path


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ viewer { __typename } }"},
        {"query": "{ viewer { __typename } }", "extensions": persisted("{ viewer { __typename } }")},
        {"query": "{ __schema { types { name } } }"},
        {"query": "not GraphQL"},
    ],
    ids=["a text", "with its hash", "introspection", "invalid"],
)
async def test_only_trusted_documents_run(demo_url: str, tmp_path: Path, body: dict[str, Any]) -> None:
    """Anything else is refused before it's parsed. The text of a trusted document is as good as its name."""
    manifest = manifest_of(tmp_path, TYPENAME)
    async with open_client(demo_url, tmp_path, trusted_documents_file=manifest, trusted_documents="only") as client:
        refused = await post(client, **body)
        compared = await client.post(HIDDEN, "/diff", {"left": None, "right": None, **body})
        by_text, by_name = [await post(client, **named) for named in ({"query": TYPENAME}, {"documentId": hashed(TYPENAME)})]

    assert (400, ["DOCUMENT_NOT_TRUSTED"]) == (refused[0], codes(refused[1]))
    assert ["DOCUMENT_NOT_TRUSTED"] == codes(compared.json())
    assert (200, ANSWER) == by_text == by_name


async def test_own_pages_work_with_only_trusted_documents(demo_url: str, tmp_path: Path) -> None:
    """The pages that the gateway serves send documents of their own."""
    manifest = manifest_of(tmp_path, TYPENAME)
    documents = [path.read_text("utf-8") for path in sorted(OWN.glob("*.graphql"))]
    async with open_client(demo_url, tmp_path, trusted_documents_file=manifest, trusted_documents="only") as client:
        page = await client.http.get("/marketplace/nothing")
        answers = [(await post(client, query=text))[1] for text in documents]

    assert (404, True) == (page.status_code, "There is no page here" in page.text)
    assert {"user": None, "company": None} in [data.get("viewer") for answer in answers if (data := answer.get("data"))]
    assert all("DOCUMENT_NOT_TRUSTED" not in codes(answer) for answer in answers if "errors" in answer)


def test_only_without_a_manifest_stops_the_start(tmp_path: Path) -> None:
    """A gateway that runs nothing is a mistake."""
    with pytest.raises(ValidationError, match="only needs CROSSGATE_TRUSTED_DOCUMENTS_FILE"):
        Settings(data_dir=tmp_path, trusted_documents="only")


CONDITIONAL: Final = "query Conditional($more: Boolean!) { viewer { user @include(if: $more) { email } } }"
PLANNED: Final = "query Planned($first: Int!) { marketplaceProfiles(first: $first) { nodes { companyName } } }"


@pytest.mark.one_process
async def test_trusted_documents_are_planned_before_they_are_sent(
    demo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For visitors and members with one role, unless a variable selects fields. The plan reads the variables of each request."""
    manifest, built, build = manifest_of(tmp_path, PLANNED, CONDITIONAL), list[str | None](), PlanRunner._build

    def counted(runner: PlanRunner, operation: Any, name: str | None, *more: Any) -> Any:
        plan = build(runner, operation, name, *more)
        built.append(name)
        return plan

    monkeypatch.setattr(PlanRunner, "_build", counted)
    async with open_client(demo_url, tmp_path, trusted_documents_file=manifest) as client:
        expected = ["Planned"] * len([*expected_shapes()])
        async with asyncio.timeout(PATIENT):
            while built != expected:  # noqa: ASYNC110 (nothing waits for plans)
                await asyncio.sleep(0.01)
        answers = [await client(ANONYMOUS, PLANNED, **variables) for variables in ({"first": 2}, {"first": 3})]

    assert expected == built
    assert ["planned"] * 2 == [answer.execution for answer in answers]
    assert [2, 3] == [len(answer.data["marketplaceProfiles"]["nodes"]) for answer in answers]
