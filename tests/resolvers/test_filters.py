"""Orders and filters: each works for viewers who see the field behind it in every row, and is refused to all others (A16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from resolvers.reading.filters import FILTERS, ORDERS
from tests.client import ANONYMOUS, DEMO_VIEWERS, DIRECT, HIDDEN, OPERATOR, PARTNER, SHOWN, Client
from tests.schema import outline

Value = Callable[[dict[str, Any]], Any]  # from a row to the value that a filter compares
Match = Callable[[Any, Any], bool]  # whether a row's value matches a filter's


def equal(stored: Any, value: Any) -> bool:
    """Return whether the row has the value."""
    return bool(stored == value)


def overlaps(stored: Any, value: Any) -> bool:
    """Whether a list has one of the values."""
    return bool(set(stored) & set(value))


def contains(stored: Any, value: Any) -> bool:
    """Return whether the row's list has the value."""
    return value in stored


def has_words(stored: str, value: str) -> bool:
    """Return whether each word of the value begins a word of a name."""
    words = stored.lower().replace("-", " ").split()
    return all(any(word.startswith(part) for word in words) for part in value.lower().replace("-", " ").split())


# (connection, input field) to what to select of a row, the value within that, and the comparison
BY: Final[dict[tuple[str, str], tuple[str, Value, Match]]] = {
    ("companies", "companyType"): ("companyType", lambda row: row["companyType"], equal),
    ("companies", "search"): ("tradingName", lambda row: row["tradingName"], has_words),
    ("managedAccounts", "search"): ("accountName", lambda row: row["accountName"], has_words),
    ("locations", "search"): ("name", lambda row: row["name"], has_words),
    ("ports", "search"): ("name", lambda row: row["name"], has_words),
    ("companies", "accountKind"): ("accountKind", lambda row: row["accountKind"], equal),
    ("companies", "accountKinds"): ("accountKind", lambda row: [row["accountKind"]], overlaps),
    ("companies", "verificationStatus"): ("verificationStatus", lambda row: row["verificationStatus"], equal),
    ("managedAccounts", "accountName"): ("accountName", lambda row: row["accountName"], equal),
    ("managedAccounts", "supportedBy"): ("supportedBy", lambda row: row["supportedBy"], equal),
    ("marketplaceProfiles", "providerType"): (
        "providerTypes { code }",
        lambda row: [each["code"] for each in row["providerTypes"]],
        contains,
    ),
    ("marketplaceProfiles", "serviceType"): (
        "serviceTypes { code }",
        lambda row: [each["code"] for each in row["serviceTypes"]],
        contains,
    ),
    ("marketplaceProfiles", "providerTypes"): (
        "providerTypes { code }",
        lambda row: [each["code"] for each in row["providerTypes"]],
        overlaps,
    ),
    ("marketplaceProfiles", "serviceTypes"): (
        "serviceTypes { code }",
        lambda row: [each["code"] for each in row["serviceTypes"]],
        overlaps,
    ),
    ("locations", "metro"): ("metro", lambda row: row["metro"], equal),
    ("locations", "country"): ("country", lambda row: row["country"], equal),
    ("locations", "market"): ("market", lambda row: row["market"], equal),
    ("locations", "status"): ("status", lambda row: row["status"], equal),
    ("locations", "speedMbps"): ("speedsMbps", lambda row: row["speedsMbps"], contains),
    ("orderApprovals", "status"): ("status", lambda row: row["status"], equal),
    ("ports", "status"): ("status", lambda row: row["status"], equal),
    ("ports", "visibility"): ("visibility", lambda row: row["visibility"], equal),
    ("ports", "locationId"): ("location { id }", lambda row: row["location"]["id"], equal),
    ("ports", "speedMbps"): ("speedMbps", lambda row: row["speedMbps"], equal),
    ("ports", "monthlyRate"): (
        "monthlyRate { currency }",
        lambda row: {"currency": row["monthlyRate"]["currency"]},
        equal,
    ),
    ("companies", "companyTypes"): ("companyType", lambda row: [row["companyType"]], overlaps),
    ("locations", "metros"): ("metro", lambda row: [row["metro"]], overlaps),
    ("locations", "countries"): ("country", lambda row: [row["country"]], overlaps),
    ("locations", "markets"): ("market", lambda row: [row["market"]], overlaps),
    ("locations", "statuses"): ("status", lambda row: [row["status"]], overlaps),
    ("orderApprovals", "statuses"): ("status", lambda row: [row["status"]], overlaps),
    ("productRevisions", "statuses"): ("status", lambda row: [row["status"]], overlaps),
    ("changeRequests", "statuses"): ("status", lambda row: [row["status"]], overlaps),
    ("agreements", "statuses"): ("status", lambda row: [row["status"]], overlaps),
    ("leads", "statuses"): ("status", lambda row: [row["status"]], overlaps),
    ("connectionRequests", "status"): ("status", lambda row: row["status"], equal),
    ("connectionRequests", "statuses"): ("status", lambda row: [row["status"]], overlaps),
    ("connectionRequests", "requesterId"): ("requester { id }", lambda row: (row["requester"] or {}).get("id"), equal),
    ("connectionRequests", "providerId"): ("provider { id }", lambda row: (row["provider"] or {}).get("id"), equal),
    ("ports", "statuses"): ("status", lambda row: [row["status"]], overlaps),
    ("ports", "locationIds"): ("location { id }", lambda row: [row["location"]["id"]], overlaps),
    ("ports", "metros"): ("location { metro }", lambda row: [row["location"]["metro"]], overlaps),
    ("ports", "speeds"): ("speedMbps", lambda row: [row["speedMbps"]], overlaps),
    ("ports", "createdAfter"): ("createdAt", lambda row: row["createdAt"], lambda time, value: time > value),
    ("ports", "createdBefore"): ("createdAt", lambda row: row["createdAt"], lambda time, value: time < value),
    ("ports", "companyId"): ("company { id }", lambda row: row["company"]["id"], equal),
    ("ports", "managedBy"): (
        "company { partner { id } }",
        lambda row: (row["company"]["partner"] or {}).get("id"),
        equal,
    ),
    ("invoices", "companyId"): ("company { id }", lambda row: row["company"]["id"], equal),
    ("invoices", "periodFrom"): ("periodStart", lambda row: row["periodStart"], lambda day, value: day >= value),
    ("invoices", "periodTo"): ("periodStart", lambda row: row["periodStart"], lambda day, value: day <= value),
    ("marketplacePorts", "locationIds"): ("location { id }", lambda row: [row["location"]["id"]], overlaps),
    ("marketplacePorts", "metros"): ("location { metro }", lambda row: [row["location"]["metro"]], overlaps),
    ("marketplacePorts", "speeds"): ("speedMbps", lambda row: [row["speedMbps"]], overlaps),
    ("marketplacePorts", "locationId"): ("location { id }", lambda row: row["location"]["id"], equal),
    ("marketplacePorts", "speedMbps"): ("speedMbps", lambda row: row["speedMbps"], equal),
    ("products", "kind"): ("kind", lambda row: row["kind"], equal),
    ("products", "visibility"): ("visibility", lambda row: row["visibility"], equal),
    ("products", "category"): ("categories", lambda row: row["categories"], contains),
    ("products", "categories"): ("categories", lambda row: row["categories"], overlaps),
    ("products", "sellerId"): ("company { id }", lambda row: row["company"]["id"], equal),
    ("productRevisions", "status"): ("status", lambda row: row["status"], equal),
    ("productRevisions", "productId"): ("product { id }", lambda row: row["product"]["id"], equal),
    ("changeRequests", "status"): ("status", lambda row: row["status"], equal),
    ("changeRequests", "kind"): ("kind", lambda row: row["kind"], equal),
    ("changeRequests", "kinds"): ("kind", lambda row: [row["kind"]], overlaps),
    ("changeRequests", "reviewedBy"): ("reviewedBy", lambda row: row["reviewedBy"], equal),
    ("changeRequests", "productId"): ("product { id }", lambda row: row["product"]["id"], equal),
    ("offers", "status"): ("status", lambda row: row["status"], equal),
    ("offers", "statuses"): ("status", lambda row: [row["status"]], overlaps),
    ("offers", "buyerId"): ("buyers { id }", lambda row: [each["id"] for each in row["buyers"]], contains),
    ("offers", "expiresFrom"): ("expiresOn", lambda row: row["expiresOn"], lambda day, value: bool(day and day >= value)),
    ("offers", "expiresTo"): ("expiresOn", lambda row: row["expiresOn"], lambda day, value: bool(day and day <= value)),
    ("offers", "productId"): ("product { id }", lambda row: row["product"]["id"], equal),
    ("offers", "sellerId"): ("seller { id }", lambda row: row["seller"]["id"], equal),
    ("agreements", "status"): ("status", lambda row: row["status"], equal),
    ("agreements", "offerId"): ("offer { id }", lambda row: row["offer"]["id"], equal),
    ("leads", "status"): ("status", lambda row: row["status"], equal),
    ("leads", "source"): ("source", lambda row: row["source"], equal),
    ("leads", "sources"): ("source", lambda row: [row["source"]], overlaps),
    ("leads", "productId"): ("product { id }", lambda row: [row["product"]["id"]] if row["product"] else [], contains),
}
GROWING: Final = {
    ("auditEvents", "kind"),
    ("auditEvents", "kinds"),
}  # refused requests add rows: tests/rules/test_audit_event.py covers it
SORTED: Final = {  # lists in an order of their own: tests/rules/test_verification.py and test_offer_lists.py cover them
    ("companies", "verificationStatus"),
    ("ports", "createdAfter"),
    ("ports", "createdBefore"),
    ("offers", "expiresFrom"),
    ("offers", "expiresTo"),
    ("invoices", "periodFrom"),
    ("invoices", "periodTo"),
}
READS_OFFERS: Final = (PARTNER, HIDDEN, SHOWN, OPERATOR)
SEE_PRICES: Final = (PARTNER, SHOWN, OPERATOR)
REFUSED: Final = {
    ("companies", "accountKind"): set(DEMO_VIEWERS) - {OPERATOR},
    ("companies", "accountKinds"): set(DEMO_VIEWERS) - {OPERATOR},
    ("companies", "verificationStatus"): set(DEMO_VIEWERS) - {OPERATOR},
    ("ports", "monthlyRate"): set(DEMO_VIEWERS) - set(SEE_PRICES),
}
SAMPLES: Final[dict[str, Any]] = {
    "monthlyRate": {"currency": "EUR", "atLeast": "1"},
    "accountKind": "DIRECT",
    "accountKinds": ["DIRECT"],
    "verificationStatus": "PENDING",
}
MAY_ORDER: Final = {
    "MONTHLY_RATE": SEE_PRICES,
    "VERIFICATION_DUE_AT": (OPERATOR,),
    "EXPIRES_ON": READS_OFFERS,
    "PERIOD": (PARTNER, OPERATOR),
}  # all others by everybody


def inputs(argument: str) -> list[tuple[str, str]]:
    """Return each connection of the root with each field of an argument's input."""
    named = []
    for connection in outline.connections():
        given = outline.object_type("Query").fields[connection].args.get(argument)
        if given is not None:
            kind = get_named_type(given.type)
            assert isinstance(kind, GraphQLInputObjectType)
            named += [(connection, name) for name in kind.fields]
    return named


def orders() -> list[tuple[str, str]]:
    """Return each connection of the root with each of its orders."""
    named = []
    for connection, _ in [each for each in inputs("orderBy") if each[1] == "field"]:
        kind = outline.SCHEMA.get_type(f"{outline.connections()[connection]}OrderField")
        assert isinstance(kind, GraphQLEnumType)
        named += [(connection, name) for name in kind.values]
    return named


def filtered(connection: str, selection: str) -> str:
    """Return a query for all matching rows of a connection."""
    kind = outline.object_type("Query").fields[connection].args["filter"].type
    page = f"totalCount nodes {{ id {selection} }} pageInfo {{ endCursor hasNextPage }}"
    return f"query ($by: {kind}, $after: String) {{ {connection}(first: 1000, after: $after, filter: $by) {{ {page} }} }}"


async def matches(client: Client, viewer: str | None, connection: str, selection: str, by: Any = None) -> dict[str, Any]:
    """Return how many rows match according to totalCount, and the rows from all pages."""
    rows: list[Any] = []
    after = None
    while True:
        answer = await client(viewer, filtered(connection, selection), by=by, after=after)
        page = answer.data[connection]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return {"totalCount": page["totalCount"], "nodes": rows}
        after = page["pageInfo"]["endCursor"]


def test_every_filter_and_order_is_tried() -> None:
    """The tests below cover every filter of the schema, and every filter of the database has a name in the schema."""
    assert set(inputs("filter")) == set(BY) | GROWING
    assert sorted(f"{entity}.{order}" for entity in ORDERS for order in ORDERS[entity]) == sorted(
        f"{outline.connections()[connection]}.{order}" for connection, order in orders()
    )
    assert set(FILTERS) - {"Notification"} == {  # `unread` is an argument of its own
        outline.connections()[connection] for connection, _ in inputs("filter")
    }


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
@pytest.mark.parametrize("by", BY, ids=".".join)
async def test_filter_finds_the_matching_rows(demo_client: Client, by: tuple[str, str], viewer: str | None) -> None:
    """A filter finds the rows of the whole list that have its value, in their order, and counts as many."""
    if viewer in REFUSED.get(by, ()):
        return
    connection, name = by
    selection, value, match = BY[by]
    rows = (await matches(demo_client, viewer, connection, selection))["nodes"]
    values = [value(row) for row in rows]
    tried = [item for one in filter(None, values) for item in (one if match is contains else [one])][::7][:3]

    answers = [await matches(demo_client, viewer, connection, selection, {name: each}) for each in tried]
    for answer in answers if by in SORTED else ():
        answer["nodes"].sort(key=rows.index)

    matching = [[row for row, one in zip(rows, values, strict=True) if match(one, each)] for each in tried]
    assert [{"totalCount": len(some), "nodes": some} for some in matching] == answers


@pytest.mark.parametrize("by", BY, ids=".".join)
async def test_every_filter_finds_and_excludes_rows_of_the_operator(demo_client: Client, by: tuple[str, str]) -> None:
    """The sample market has rows for every filter, and rows that it excludes."""
    connection, name = by
    selection, value, match = BY[by]
    everything = await matches(demo_client, OPERATOR, connection, selection)
    values = [each for each in map(value, everything["nodes"]) if each]
    sample = values[len(values) // 2]
    sample = sample[0] if match is contains else sample

    some = await matches(demo_client, OPERATOR, connection, selection, {name: sample})

    assert 0 < some["totalCount"] < everything["totalCount"]


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
@pytest.mark.parametrize("by", REFUSED, ids=".".join)
async def test_filter_by_a_hidden_field_is_refused_A16(demo_client: Client, by: tuple[str, str], viewer: str | None) -> None:
    """A viewer who doesn't see a field in every row can't filter or count by it. The error names the filter as it was written."""
    if viewer not in REFUSED[by]:
        return
    connection, name = by
    answer = await demo_client(viewer, filtered(connection, ""), by={name: SAMPLES[name]})

    message = f"You can't filter by {name}, because it's hidden from you in some or all rows."
    extensions = {"code": "FORBIDDEN_FILTER", "argument": "filter", "field": name}
    expected = [{"message": message, "path": [connection], "extensions": extensions}]
    assert expected == [{key: error[key] for key in expected[0]} for error in answer.errors]
    assert answer.data is None


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
@pytest.mark.parametrize("order", orders(), ids=" ".join)
async def test_order_works_or_is_refused_A16(demo_client: Client, order: tuple[str, str], viewer: str | None) -> None:
    """A viewer who sees the field in every row can order by it; all others get an error with a code, and no row."""
    connection, name = order
    document = f"{{ {connection}(orderBy: {{field: {name}}}) {{ nodes {{ id }} }} }}"
    answer = await demo_client(viewer, document)

    allowed = viewer in MAY_ORDER.get(name, DEMO_VIEWERS)
    extensions = {"code": "FORBIDDEN_ORDER", "argument": "orderBy", "field": name}
    assert ([] if allowed else [extensions]) == [error["extensions"] for error in answer.errors]
    assert allowed == (answer.data is not None)


async def test_ties_are_broken_by_the_key(demo_client: Client) -> None:
    """Rows of equal speed are in the order of their creation, or the reverse in descending order."""
    page = "ports(first: 1000, orderBy: {field: SPEED_MBPS, direction: $to}) { nodes { id speedMbps } }"
    document = f"query ($to: Direction!) {{ {page} }}"
    up = (await demo_client(PARTNER, document, to="ASC")).data["ports"]["nodes"]
    down = (await demo_client(PARTNER, document, to="DESC")).data["ports"]["nodes"]
    plain = (await demo_client(PARTNER, "{ ports(first: 1000) { nodes { id speedMbps } } }")).data["ports"]["nodes"]

    assert (sorted(plain, key=lambda port: int(port["speedMbps"])), up) == (up, down[::-1])


async def test_order_is_ascending_by_default(demo_client: Client) -> None:
    """The direction can be left out."""
    said = await demo_client(PARTNER, "{ ports(orderBy: {field: NAME, direction: ASC}) { nodes { id } } }")
    unsaid = await demo_client(PARTNER, "{ ports(orderBy: {field: NAME}) { nodes { id } } }")

    assert said.body == unsaid.body


async def test_all_filters_are_applied(demo_client: Client) -> None:
    """Rows match every filter that is set, inside the filter input and next to it."""
    rows = await matches(demo_client, DIRECT, "ports", "status speedMbps")
    both = await matches(demo_client, DIRECT, "ports", "status speedMbps", {"status": "ACTIVE", "speedMbps": 10_000})

    matching = [row for row in rows["nodes"] if (row["status"], row["speedMbps"]) == ("ACTIVE", 10_000)]
    assert {"totalCount": len(matching), "nodes": matching} == both


@pytest.mark.parametrize("text", ["NLX", "nl", " NL", "NL "])
async def test_text_is_neither_truncated_nor_case_folded(demo_client: Client, text: str) -> None:
    """A filter compares the exact value: another length or case is another value."""
    exact = await matches(demo_client, ANONYMOUS, "locations", "country", {"country": "NL"})
    other = await matches(demo_client, ANONYMOUS, "locations", "country", {"country": text})

    assert (True, {"totalCount": 0, "nodes": []}) == (exact["totalCount"] > 0, other)


async def test_empty_filter_is_ignored(demo_client: Client) -> None:
    """An empty filter, or one of nulls, leaves the list as it is."""
    document = filtered("ports", "")
    answers = [await demo_client(HIDDEN, document, by=by) for by in (None, {}, {"status": None, "monthlyRate": None})]

    assert 1 == len({answer.body for answer in answers})
