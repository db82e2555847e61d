"""The number of SQL statements of a query doesn't depend on its number of rows. Covers every field that isn't a column."""

from __future__ import annotations

from typing import Any, Final

import pytest
import sqlalchemy as sa
from graphql import get_named_type
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import OPERATOR, Client
from tests.schema import outline
from tests.schema.outline import ONCE, Relation

SINGLE_PARENTS: Final = 5  # parents tried one at a time, because some have loaded part of it already
FEWEST: Final = 10
MANY_PARENTS: Final = 40
RELATIONS: Final = outline.relations()
# Types with fewer than FEWEST rows that the operator can read in the sample market: exports are read by their asker alone, keys and
# webhooks by their company alone, few people are invited, and one partner has a portal.
FEW: Final = {
    "ApiKey",
    "Document",
    "Export",
    "Invitation",
    "PortalAppearance",
    "PortalOrigin",
    "WebhookDelivery",
    "WebhookEndpoint",
}
FEW_RELATIONS: Final = {
    "Company.apiKeys",
    "Company.identityIssuer",
    "Company.invitations",
    "Company.portalOrigins",
    "Company.registrationCertificate",
    "Company.webhookEndpoints",
    "User.photo",
    "InvoiceLine.agreement",
    "Offer.documents",  # for its writers only
    "Notification.subject",  # one statement for each type of subject: tests/rules/test_notification.py covers it
}
APART: Final = (
    "totalCount",
    "totalCountPrecision",
    "viewerHides",
)  # viewerHides is empty for the operator: tests/schema/test_viewer_hides.py counts it
BELOW_MANY: Final = [
    each
    for each in RELATIONS
    if each.type not in {*ONCE, *FEW} and str(each) not in FEW_RELATIONS and not each.type.endswith("Connection")
    if each.field not in APART
]
WAYS: Final = outline.ways()
NODES: Final = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on %s { %s } } }"


def reaches(value: Any, names: list[str]) -> bool:
    """Return whether there is a value at a path of names, in any item of the lists on it."""
    if isinstance(value, list):
        return any(reaches(item, names) for item in value)
    if not names:
        return bool(value["nodes"]) if isinstance(value, dict) and "nodes" in value else value is not None
    if isinstance(value, dict) and "nodes" in value:
        return reaches(value["nodes"], names)
    return isinstance(value, dict) and reaches(value[names[0]], names[1:])


async def statements(client: Client, document: str, **variables: Any) -> int:
    """Return how many statements a query takes, after checking that it succeeds."""
    with client.counting() as found:
        answer = await client(OPERATOR, document, **variables)
    assert [] == answer.errors
    return len(found)


# Events with a value in every field; the sample market has none.
EVENTS: Final = sa.text(
    """INSERT INTO audit_event (id, at, kind, company_id, actor_company_id, user_id, as_company_id, as_user_id, table_name, changes,
           counts)
       SELECT gen_random_uuid(), now(), 'CHANGE', company_id, company_id, user_id, company_id, user_id, 'port', '{"name": []}',
           '[{"type": "Port", "count": 1}]' FROM membership LIMIT 40"""
)


@pytest.fixture(scope="module", autouse=True)
async def events(demo_engine: AsyncEngine) -> None:
    """The audit log of the sample market."""
    async with demo_engine.connect() as connection:
        await connection.execute(EVENTS)


@pytest.mark.executors
@pytest.mark.parametrize("relation", BELOW_MANY, ids=str)
async def test_relation_takes_the_same_statements_below_one_and_many_parents(demo_client: Client, relation: Relation) -> None:
    """A single parent takes as many statements as forty. At least ten parents in the sample market have a value."""
    way = WAYS[relation.type]
    selection = way.document(f"{relation.field} {outline.leaf(relation.definition)}")
    everything = await demo_client(OPERATOR, f"{{ {way.root}(first: 400) {{ nodes {{ id {selection} }} }} }}")
    names = [*(step.field for step in way.fields), relation.field]
    ids = [item["id"] for item in everything.data[way.root]["nodes"] if reaches(item, names)][:MANY_PARENTS]
    document = NODES % (way.item, selection)

    one = max([await statements(demo_client, document, ids=[parent]) for parent in ids[:SINGLE_PARENTS]], default=0)
    many = await statements(demo_client, document, ids=ids)

    assert (True, one) == (len(ids) >= FEWEST, many)


@pytest.mark.executors
@pytest.mark.parametrize("root", outline.connections())
async def test_page_takes_the_same_statements_whatever_its_size(demo_client: Client, root: str) -> None:
    """A page of forty rows and its count take as many statements as a page of one."""
    document = "query ($first: Int) { %s(first: $first) { nodes { id } totalCount } }" % root  # noqa: UP031

    few = await statements(demo_client, document, first=1)
    many = await statements(demo_client, document, first=MANY_PARENTS)

    assert few == many


def test_every_relation_is_covered() -> None:
    """Fields that aren't tested below many parents occur once in a response, or are counts of connections."""
    apart = [each for each in RELATIONS if each not in BELOW_MANY]

    uncovered = [each for each in apart if each.type not in {*ONCE, *FEW} and str(each) not in FEW_RELATIONS]
    assert [] == [each for each in uncovered if each.field not in APART]
    assert {each.field for each in apart if each.type == "Query"} == set(outline.object_type("Query").fields)
    assert set(outline.connections()) <= {
        each.field for each in apart if outline.is_connection(get_named_type(each.definition.type))
    }
