"""Global ids: every object is found by its id, and an invalid id is refused without revealing which types there are."""

from __future__ import annotations

from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.values.identifiers import TAGS, Identifier, InvalidId, global_ids, parse
from tests.client import ANONYMOUS, DEMO_VIEWERS, DIRECT, HIDDEN, OPERATOR, PARTNER, Client
from tests.schema import outline

NODE: Final = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES: Final = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
COMPANY: Final = "query ($id: ID!) { company(id: $id) { id } }"
KEY: Final = UUID("01890000-0000-7000-8000-000000000001")
ID: Final = str(Identifier("Company", KEY))
WRONG: Final = {
    "nothing": "",
    "a word": "company",
    "a key": str(KEY),
    "no tag": urlsafe_b64encode(b"xx" + KEY.bytes).decode(),
    "a tag only": urlsafe_b64encode(b"co").decode(),
    "too short": urlsafe_b64encode(b"co" + KEY.bytes[:-1]).decode(),
    "too long": urlsafe_b64encode(b"co" + KEY.bytes + b"\0").decode(),
    "white space before": f" {ID}",
    "white space after": f"{ID}\n",
    "padding": f"{ID}====",
    "garbage within": f"{ID[:8]}*{ID[8:]}",
    "NUL": f"{ID}\0",
    "other letters": "Ελληνικά",
    "an emoji": "🦆",
    "very long": "A" * 10_000,
    "of another alphabet": b64encode(b"co" + b"\xff" * 16).decode(),
    "a number": 42,
}
NODE_TYPES: Final = sorted(str(kind) for kind in outline.SCHEMA.get_possible_types(outline.NODE))


def invalid(argument: str) -> list[dict[str, Any]]:
    """Return the expected error."""
    message = f"Argument '{argument}' is not a valid ID for this field."
    return [{"message": message, "extensions": {"code": "INVALID_ID", "argument": argument}}]


def shown(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return errors without their locations."""
    return [{"message": error["message"], "extensions": error["extensions"]} for error in errors]


@given(entity=st.sampled_from(sorted(TAGS)), key=st.uuids())
def test_id_parses_to_its_type_and_key(entity: str, key: UUID) -> None:
    """An id has the type and the key that it was built from, in 24 characters that need no quoting."""
    text = str(Identifier(entity, key))

    assert (Identifier(entity, key), Identifier(entity, key)) == (parse(text, "id"), parse(text, "id", entity))
    assert (24, set()) == (len(text), set(text) & set("+/="))


@given(text=st.text())
def test_any_text_is_an_id_or_a_clear_error(text: str) -> None:
    """Any text, with surrogates too, is refused as an invalid id and breaks nothing."""
    with pytest.raises(InvalidId, match="Argument 'id'"):
        parse(text, "id")


@given(key=st.uuids(), other=st.text("ABCabc019-_+/= \n", max_size=4), place=st.integers(0, 24))
def test_id_has_one_spelling(key: UUID, other: str, place: int) -> None:
    """Text that decodes to the same bytes but isn't spelled as the gateway does is invalid: caches identify objects by their ids."""
    text = str(Identifier("Port", key))
    spelt = text[:place] + other + text[place:]

    if spelt == text:
        assert key == parse(spelt, "id").key
    else:
        with pytest.raises(InvalidId, match="Argument 'id'"):
            parse(spelt, "id")


def test_every_type_with_an_id_has_its_own_tag() -> None:
    """Each type of Node has a tag, and no two types share one."""
    assert [] == [kind for kind in NODE_TYPES if kind not in TAGS]
    assert len(TAGS) == len(set(TAGS.values()))


@pytest.fixture(scope="module")
async def known(demo_client: Client) -> dict[str, list[str]]:
    """Up to 1,000 ids of each type in the sample market, as somebody who reads them finds them."""
    await denied(demo_client)  # the audit log is empty before
    return {kind: await found_ids(demo_client, kind) for kind in NODE_TYPES}


def reader_of(kind: str) -> str:
    """Return a viewer who reads objects of a type: the operator reads all but those that are for their own company."""
    return PARTNER if kind in {"ApiKey", "WebhookDelivery", "WebhookEndpoint"} else OPERATOR


async def found_ids(client: Client, kind: str) -> list[str]:
    """Return the ids of a type that its reader finds."""
    way = outline.ways()[kind]
    document = f"{{ {way.root}(first: 1000) {{ nodes {{ {way.document('... on Node { id }')} }} }} }}"
    return sorted(set(ids_within((await client(reader_of(kind), document)).data)))[:1000]


@pytest.mark.parametrize("kind", NODE_TYPES)
async def test_every_object_is_found_by_its_id(demo_client: Client, known: dict[str, list[str]], kind: str) -> None:
    """`node` returns the object with the id, with its own type, to a viewer who has seen it elsewhere."""
    found = known[kind][:3]

    again = [await demo_client(reader_of(kind), NODE, id=key) for key in found]

    assert [{"__typename": kind, "id": key} for key in found] == [each.data["node"] for each in again]
    assert len(found) == 3


async def denied(client: Client) -> None:
    """Let the audit log have events of three users."""
    for viewer in (HIDDEN, DIRECT, "editor@direct.example"):
        await client(viewer, "{ ports(orderBy: {field: MONTHLY_RATE}) { totalCount } }")
    await client.app.state.services.audit.flush()


def ids_within(value: Any) -> list[str]:
    """Return all ids anywhere in a value."""
    if isinstance(value, list):
        return [key for item in value for key in ids_within(item)]
    if isinstance(value, dict):
        return [key for name, item in value.items() for key in ([item] if name == "id" else ids_within(item))]
    return []


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_invalid_id_error_names_the_argument(demo_client: Client, wrong: Any) -> None:
    """An invalid id is an error that names the argument and nothing else, for every viewer and field."""
    answers = [await demo_client(viewer, query, id=wrong) for viewer in (OPERATOR, ANONYMOUS) for query in (NODE, COMPANY)]
    listed = await demo_client(ANONYMOUS, NODES, ids=[wrong])

    assert [invalid("id")] * 4 == [shown(answer.errors) for answer in answers]
    assert (invalid("ids"), {"nodes": [None]}) == (shown(listed.errors), listed.data)


@pytest.mark.parametrize("spelt", [b64encode(b"co" + KEY.bytes).decode(), ID[:-1], ID.lower(), ID + "="])
async def test_another_spelling_is_an_invalid_id(demo_client: Client, spelt: str) -> None:
    """An id is what the gateway has returned. A spelling that decodes to the same bytes is refused unless it is identical."""
    answer = await demo_client(OPERATOR, COMPANY, id=spelt)

    assert ([] if spelt == ID else invalid("id")) == shown(answer.errors)


@pytest.mark.parametrize("entity", sorted(set(TAGS) - {"Company"}))
async def test_id_of_another_type_is_an_invalid_id(demo_client: Client, entity: str) -> None:
    """A field that returns a company takes ids of companies. The error doesn't say which type the id has."""
    answer = await demo_client(OPERATOR, COMPANY, id=str(Identifier(entity, KEY)))

    assert (invalid("id"), {"company": None}) == (shown(answer.errors), answer.data)


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ("query ($id: ID) { ports(filter: {locationId: $id}) { totalCount } }", "locationId"),
        ("query ($id: ID) { marketplacePorts(filter: {locationId: $id}) { totalCount } }", "locationId"),
        ("query ($id: ID) { offers(filter: {productId: $id}) { totalCount } }", "productId"),
    ],
)
@pytest.mark.parametrize("wrong", ["", "x", ID, "🦆", "\0"])
async def test_invalid_id_in_a_filter_names_the_filter(demo_client: Client, query: str, argument: str, wrong: str) -> None:
    """A filter by id takes ids of its type. Any other id is an error that names the filter."""
    answer = await demo_client(PARTNER, query, id=wrong)

    assert invalid(argument) == shown(answer.errors)


async def test_invalid_id_affects_only_its_own_position(demo_client: Client) -> None:
    """`nodes` returns the other objects in their order, and an error at the position of the invalid id."""
    answer = await demo_client(ANONYMOUS, "{ locations(first: 2) { nodes { id } } }")
    first, second = [node["id"] for node in answer.data["locations"]["nodes"]]

    found = await demo_client(ANONYMOUS, NODES, ids=[second, "bad", first, ID, first])

    nodes = [second, None, first, None, first]
    assert nodes == [node and node["id"] for node in found.data["nodes"]]
    assert [["nodes", 1]] == [error["path"] for error in found.errors]


async def test_thousand_ids_can_be_requested(demo_client: Client) -> None:
    """The maximum is that of a page. One more id is an error of the whole field."""
    ids = [str(Identifier("Port", uuid4())) for _ in range(1001)]

    most = await demo_client(ANONYMOUS, NODES, ids=ids[1:])
    more = await demo_client(ANONYMOUS, NODES, ids=ids)

    assert ({"nodes": [None] * 1000}, []) == (most.data, most.errors)
    message = "Argument 'ids' can have at most 1000 IDs (got 1001)."
    assert [{"message": message, "extensions": {"code": "TOO_MANY_IDS", "argument": "ids"}}] == shown(more.errors)


async def test_empty_list_of_ids_has_no_nodes(demo_client: Client) -> None:
    """An empty list of ids returns an empty list."""
    answer = await demo_client(ANONYMOUS, NODES, ids=[])

    assert {"nodes": []} == answer.data


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
@pytest.mark.parametrize("kind", NODE_TYPES)
async def test_absent_and_hidden_objects_look_the_same(
    demo_client: Client, known: dict[str, list[str]], kind: str, viewer: str | None
) -> None:
    """An object that the viewer can't read and one that doesn't exist give the same bytes, alone and among others."""
    seen = await demo_client(viewer, NODES, ids=known[kind])
    hidden = [key for key, node in zip(known[kind], seen.data["nodes"], strict=True) if node is None][:5]
    absent = [str(Identifier(kind, uuid4())) for _ in hidden]

    answers = [[(await demo_client(viewer, NODE, id=key)).body for key in keys] for keys in (hidden, absent)]
    together = [(await demo_client(viewer, NODES, ids=keys)).body for keys in (hidden, absent)]

    assert answers[0] == answers[1]
    assert together[0] == together[1]


async def test_each_type_has_objects_hidden_from_some_viewer(demo_client: Client, known: dict[str, list[str]]) -> None:
    """The sample market has what the previous test needs: objects of every type that a viewer can't read."""
    open_to_all = {"Location"}
    hidden_types = set()
    for kind in NODE_TYPES:
        for viewer in (ANONYMOUS, DIRECT):
            if None in (await demo_client(viewer, NODES, ids=known[kind])).data["nodes"]:
                hidden_types.add(kind)

    assert set(NODE_TYPES) - open_to_all - {"MarketplacePort"} == hidden_types


def test_id_reveals_only_its_time() -> None:
    """An id contains two letters for its type, and the key. Decoding it reveals no name."""
    assert b"co" + KEY.bytes == urlsafe_b64decode(ID)
    assert b64decode(ID, altchars=b"-_") == urlsafe_b64decode(ID)


@given(entity=st.sampled_from(sorted(TAGS)), keys=st.lists(st.none() | st.uuids(), max_size=20))
def test_ids_that_are_encoded_together_are_those_of_each_key(entity: str, keys: list[UUID | None]) -> None:
    """A column's IDs are the IDs of its keys, in their order. Missing keys don't shift the others."""
    together = global_ids(TAGS[entity], keys)

    expected = [key and str(Identifier(entity, key)) for key in keys]
    assert expected == [key and found for key, found in zip(keys, together, strict=True)]
