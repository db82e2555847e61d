"""Queries of a curious viewer: every type, with filters, orders, counts, cursors, search, ids and errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Final

from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from policies.evaluation.policy import Policy
from resolvers.values.identifiers import parse
from resolvers.values.text import camel
from tests.kit.documents import CARRIED, QUERIES, example
from tests.schema.outline import NODE, object_type
from tests.schema.outline import SCHEMA as OUTLINE

CAN: Final = "id viewerCan"
MONEY: Final = "{ amount currency }"
PAGE: Final = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
COMPANY: Final = (
    "id viewerCan tradingName companyType accountKind partner { id } companyProfile { legalName country taxNumber } version"
)
PORT: Final = f"{CAN} name status visibility speedMbps costCentre version monthlyRate {MONEY} setupFee {MONEY} marketplaceName"
OFFER: Final = (
    f"{CAN} name status totalValue {MONEY} dimensions {{ name price {MONEY} }} instalments {{ chargeDate amount {MONEY} }}"
)
AGREEMENT: Final = (
    f"{CAN} status startsOn endsOn totalValue {MONEY} buyer {{ id }} seller {{ id }} offer {{ id }}"
    f" instalments {{ amount {MONEY} }}"
)
LEAD: Final = f"{CAN} source status message contactEmail requester {{ id }} product {{ id }} notes {{ text }}"
PROFILE: Final = (
    "id viewerCan slug url companyName bio visibility version contactEmail phone logo { url } providerTypes { code }"
)
DASHBOARD: Final = f"portsByStatus {{ status count }} portsByMetro {{ metro count }} ordersWaiting monthlySpend {MONEY}"
INVOICE: Final = (
    f"{CAN} number periodStart total {MONEY} lines {{ description amount {MONEY} managedAccount {{ id }} port {{ id }} }}"
)
TARGET: Final = "id viewerCan name description speedMbps selectable location { name } provider { companyName }"
REQUEST: Final = "id viewerCan name status reason port { id } targetPort { id } requester { id } provider { id }"
APPROVAL: Final = (
    f"{CAN} name status comment costCentre monthlyRate {MONEY} setupFee {MONEY}"
    + " requestedBy { name email } decidedBy { name }"
)
AUDIT: Final = (
    "id at kind user { name email } company { tradingName } asUser { id } asCompany { id } action type changedFields"
    " counts { type field action reason count } operationName operationHash policyHash requestId requests"
)
QUOTE: Final = f"""query ($input: QuoteInput!) {{ quote(input: $input) {{
  lines {{ kind speedMbps termMonths monthlyRate {MONEY} setupFee {MONEY} problem location {{ id }} }}
  monthlyTotals {MONEY} setupTotals {MONEY}
}} }}"""
SLUG: Final = f"query ($slug: String!) {{ marketplaceProfile(slug: $slug) {{ {PROFILE} }} }}"


NODE_TYPES: Final = {kind.name for kind in OUTLINE.get_possible_types(NODE)}


def nodes(ids: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return a query for all that a viewer can read of records: each field, and the values of each object that a field names."""
    kinds = sorted({parse(named, "id").type for named in ids})
    each = " ".join(f"{kind}: nodes(ids: $ids) {{ __typename ... on {kind} {{ {_fields(kind)} }} }}" for kind in kinds)
    return f"query ($ids: [ID!]!) {{ {each} }}", {"ids": list(ids)}


@cache
def _fields(kind: str, *, leaves: bool = False) -> str:
    """Return all fields of a type that take no arguments, except pages of lists. `leaves` leaves out objects."""
    selected = []
    for name, definition in object_type(kind).fields.items():
        inner = get_named_type(definition.type)
        if is_leaf_type(inner):
            selected += [] if definition.args else [name]
        elif isinstance(inner, GraphQLObjectType) and not leaves and not definition.args:
            selected.append(f"{name} {{ __typename {_fields(inner.name, leaves=True)} }}")
    return " ".join(selected)


def of_kit(ids: Sequence[str], quotes: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return what the kit's elements ask about records: what their events carry, and their queries that need variables."""
    events = [(event, {"ids": list(ids)}) for event in CARRIED if ids]
    fills = [partial(_fill, named=named) for named in ids] + [partial(_fill, quote=quote) for quote in quotes]
    return events + [(each.text, variables) for each in QUERIES for fill in fills if (variables := each.variables(fill))]


def _fill(kind: Any, named: str = "nobody", quote: dict[str, Any] | None = None) -> Any:
    return quote if quote and str(kind) == "QuoteInput!" else example(kind, named)


QUESTIONS: Final = (
    f"{{ companies(first: 40) {{ {PAGE} nodes {{ {COMPANY} }} }} }}",
    f"{{ companies(last: 40, orderBy: {{field: TRADING_NAME}}) {{ {PAGE} nodes {{ id tradingName }} }} }}",
    f"{{ companies(filter: {{companyType: CLOUD}}) {{ {PAGE} nodes {{ id supportDetails {{ email phone version }} }} }} }}",
    "{ companies(first: 200) { nodes { id partnerDefaults { pricing version } } } }",
    "{ companies(filter: {accountKind: MANAGED}) { totalCount } }",
    f"{{ companies(filter: {{verificationStatus: PENDING}}) {{ {PAGE} nodes {{ id }} }} }}",
    f"{{ companies(last: 40, orderBy: {{field: VERIFICATION_DUE_AT}}) {{ {PAGE} nodes {{ id }} }} }}",
    f"{{ companies(first: 200) {{ nodes {{ id ports(first: 2) {{ {PAGE} nodes {{ id }} }} products(first: 2) {{ {PAGE} }} }} }} }}",
    f"{{ companies(first: 200) {{ nodes {{ id offers(first: 3) {{ {PAGE} nodes {{ id }} }} }} }} }}",
    f"{{ companies(first: 200) {{ nodes {{ id receivedOffers(first: 3) {{ {PAGE} nodes {{ id }} }} }} }} }}",
    """{ companies(first: 200) { nodes { id managedAccounts { totalCount } billingMarkets { market enabled }
         members { totalCount nodes { roles user { id name email } } } marketplaceProfile { id slug } } } }""",
    f"""{{ viewer {{ roles pricingVisible chatSupportEnabled user {{ id email }} company {{ {COMPANY}
         members(first: 50) {{ {PAGE} nodes {{ user {{ name email jobTitle }} }} }} partner {{ {COMPANY} }} }} }} }}""",
    f"{{ managedAccounts {{ {PAGE} nodes {{ {CAN} accountName accountRef version }} }} }}",
    "{ managedAccounts { nodes { settings { pricing { enabled source } } } } }",
    "{ managedAccounts(filter: {supportedBy: PARTNER}) { totalCount nodes { company { tradingName } } } }",
    f"{{ marketplaceProfiles(first: 100) {{ {PAGE} nodes {{ {PROFILE} company {{ id }} }} }} }}",
    f'{{ marketplaceProfiles(search: "a") {{ {PAGE} nodes {{ id }} }} }}',
    f'{{ marketplaceProfiles(search: "cloud", last: 5) {{ {PAGE} nodes {{ id }} }} }}',
    f'{{ marketplaceProfiles(search: "zzz") {{ {PAGE} nodes {{ id }} }} }}',
    f"{{ marketplaceProfiles(first: 100) {{ nodes {{ ports(first: 3) {{ {PAGE} nodes {{ {TARGET} }} }} }} }} }}",
    f"{{ inquiries {{ {PAGE} nodes {{ id viewerCan name email company message profile {{ id }} }} }} }}",
    f"{{ locations(orderable: true, first: 200) {{ {PAGE} nodes {{ {CAN} name status }} }} }}",
    f"{{ ports(first: 60) {{ {PAGE} nodes {{ {PORT} company {{ id }} location {{ name }} }} }} }}",
    f"{{ ports(last: 20, orderBy: {{field: NAME, direction: DESC}}) {{ {PAGE} nodes {{ id }} }} }}",
    f"{{ ports(first: 20, orderBy: {{field: SPEED_MBPS}}) {{ {PAGE} edges {{ cursor node {{ id }} }} }} }}",
    f"{{ ports(first: 20, orderBy: {{field: MONTHLY_RATE}}) {{ {PAGE} edges {{ cursor node {{ id }} }} }} }}",
    f"{{ ports(orderBy: {{field: MONTHLY_RATE, direction: DESC}}) {{ {PAGE} nodes {{ id }} }} }}",
    '{ ports(filter: {monthlyRate: {currency: "EUR", atLeast: "100"}}) { totalCount nodes { id } } }',
    '{ ports(filter: {monthlyRate: {currency: "EUR", atMost: "0.01"}}) { totalCount } }',
    "{ portFacets { totalCount statuses { status count } metros { metro count } speeds { speedMbps count } } }",
    '{ portFacets(filter: {monthlyRate: {currency: "EUR", atLeast: "100"}}) { totalCount } }',
    f"{{ ports(filter: {{statuses: [ACTIVE, DISABLED], speeds: [1000]}}) {{ {PAGE} nodes {{ id viewerHides {{ field }} }} }} }}",
    f"{{ connectionRequests(first: 60) {{ {PAGE} nodes {{ {REQUEST} }} }} }}",
    f"{{ connectionRequests(last: 20, filter: {{statuses: [PENDING, DENIED]}}) {{ {PAGE} nodes {{ id }} }} }}",
    "{ ports(filter: {status: ACTIVE, visibility: PUBLIC}) { totalCount nodes { id } } }",
    f"{{ orderApprovals(first: 60) {{ {PAGE} nodes {{ {APPROVAL} company {{ tradingName }} port {{ id }} }} }} }}",
    f"{{ orderApprovals(filter: {{status: PENDING}}, last: 5) {{ {PAGE} nodes {{ id }} }} }}",
    f"{{ ports(first: 60) {{ nodes {{ connections(first: 2) {{ {PAGE} nodes {{ {REQUEST} }} }} }} }} }}",
    f"{{ marketplacePorts(first: 200) {{ {PAGE} nodes {{ {TARGET} }} }} }}",
    f"{{ marketplacePorts(last: 20, filter: {{speedMbps: 10000}}) {{ {PAGE} nodes {{ {TARGET} }} }} }}",
    f"{{ products(first: 300) {{ {PAGE} nodes {{ id title kind visibility categories company {{ id }} }} }} }}",
    f"{{ products(filter: {{visibility: LIMITED}}) {{ {PAGE} nodes {{ id title }} }} }}",
    f'{{ products(search: "routing", first: 50) {{ {PAGE} nodes {{ id title summary slug url }} }} }}',
    f'{{ products(search: "managed aaa", filter: {{categories: [TRAINING, ASSESSMENTS]}}) {{ {PAGE} nodes {{ id }} }} }}',
    "{ products(first: 100) { nodes { description highlights keywords supports customerReferences logo { url } dimensions { id name }"
    " relatedProducts { id } testAccounts { id } viewerCan } } }",
    f"{{ products(first: 60) {{ nodes {{ draft {{ id title status version }} revisions(first: 3) {{ {PAGE} nodes {{ id status }} }}"
    f" changeRequests(first: 3) {{ {PAGE} nodes {{ id status }} }} }} }} }}",
    f"{{ changeRequests(first: 100) {{ {PAGE} nodes {{ id title status isFinal waitsFor {{ side since }} problems {{ message }}"
    " comments { by text } newDimensions { name } testAccounts { id } viewerCan } } }",
    f"{{ productRevisions(first: 100, filter: {{status: DRAFT}}) {{ {PAGE} nodes {{ id title slug viewerCan }} }} }}",
    f"{{ products(filter: {{category: TRAINING, kind: SERVICE}}, last: 10) {{ {PAGE} nodes {{ id title }} }} }}",
    f"{{ products(first: 300) {{ nodes {{ offers(first: 2) {{ {PAGE} nodes {{ id }} }} }} }} }}",
    f"{{ offers(first: 60) {{ {PAGE} nodes {{ {OFFER} seller {{ id }} product {{ id title }} }} }} }}",
    f"{{ offers(last: 30) {{ {PAGE} nodes {{ id buyers {{ id tradingName }} }} }} }}",
    f"{{ offers(filter: {{status: DRAFT}}) {{ {PAGE} nodes {{ id }} }} }}",
    f"{{ offers(filter: {{status: PUBLISHED}}, first: 100) {{ {PAGE} nodes {{ {OFFER} buyers {{ id }} }} }} }}",
    f"{{ offers(last: 40, orderBy: {{field: EXPIRES_ON}}) {{ {PAGE} nodes {{ id expiresOn serviceAgreement {{ pages url }} }} }} }}",
    f'{{ offers(filter: {{statuses: [PUBLISHED, EXPIRED], expiresTo: "2027-12-31"}}) {{ {PAGE} nodes {{ id }} }} }}',
    f"{{ agreements(first: 60) {{ {PAGE} nodes {{ {AGREEMENT} }} }} }}",
    f"{{ leads(first: 60) {{ {PAGE} nodes {{ {LEAD} }} }} }}",
    f"{{ leads(filter: {{status: NEW}}, last: 5) {{ {PAGE} nodes {{ id }} }} }}",
    f"{{ viewer {{ dashboard {{ {DASHBOARD} }} }} }}",
    f"{{ companies(first: 200) {{ nodes {{ id dashboard {{ {DASHBOARD} }} }} }} }}",
    f"{{ invoices(first: 200) {{ {PAGE} nodes {{ {INVOICE} }} }} }}",
    f"{{ invoices(last: 9, orderBy: {{field: PERIOD}}) {{ {PAGE} nodes {{ {INVOICE} }} }} }}",
    f"{{ companies(first: 200) {{ nodes {{ id invoices(first: 2) {{ {PAGE} nodes {{ {INVOICE} }} }} }} }} }}",
    f"{{ viewer {{ company {{ invoices(last: 9, orderBy: {{field: PERIOD}}) {{ {PAGE} nodes {{ {INVOICE} }} }} }} }} }}",
    f"""{{ viewer {{ company {{ invoices(filter: {{periodFrom: "2026-02-01"}}) {{ {PAGE} nodes {{ {INVOICE} }} }}
         partner {{ invoices {{ {PAGE} }} dashboard {{ {DASHBOARD} }} }} }} }} }}""",
    f"{{ auditEvents(first: 40) {{ {PAGE} nodes {{ {AUDIT} }} }} }}",
    f"{{ auditEvents(filter: {{kind: VIEW_AS}}, last: 5) {{ {PAGE} nodes {{ id }} }} }}",
    f"{{ notifications(first: 40) {{ {PAGE} nodes {{ id kind title body subjectId createdAt readAt }} }} }}",
    f"{{ notifications(unread: true, last: 5) {{ {PAGE} nodes {{ id }} }} }}",
    f"{{ exports(first: 40) {{ {PAGE} nodes {{ id connection format status rowCount byteSize errorCode createdAt expiresAt }} }} }}",
    """{ viewer { order: can(action: "ORDER_PORT", typeName: "Company") connect: can(action: "CONNECT", typeName: "Port")
         approve: can(action: "APPROVE", typeName: "OrderApproval") } }""",
    '{ viewer { can(action: "UPDATE", typeName: "Offer") } }',
    "{ ports(first: -1) { totalCount } }",
    '{ node(id: "nobody") { id } }',
    *(each.text for each in QUERIES if not each.variables(str)),
)
WHY: Final = """{ allowed reason decisions {
    effect name file line holds failing condition parts { text holds byViewer } } }"""
SCHEMA: Final = """{ __schema { types { name description fields(includeDeprecated: true) { name description args { name } }
    inputFields { name } enumValues(includeDeprecated: true) { name } possibleTypes { name } } } }"""


def why(policy: Policy, named: str) -> tuple[str, dict[str, Any]]:
    """Return a query that explains the access to a record, to each of its fields and to each action."""
    entity = parse(named, "id").type
    arguments = [f'action: "{action}"' for action in sorted(policy.actions(entity))]
    arguments += [f'field: "{camel(field)}"' for field in policy.fields(entity)]
    each = [f'a{n}: explain(typeName: "{entity}", id: $id, {question}) {WHY}' for n, question in enumerate(arguments)]
    return f"query ($id: ID!) {{ {' '.join(each)} }}", {"id": named}


WALKS: Final = (
    f"query ($after: String) {{ companies(first: 7, after: $after) {{ {PAGE} nodes {{ id }} }} }}",
    f"query ($after: String) {{ ports(first: 7, after: $after) {{ {PAGE} nodes {{ id }} }} }}",
    f"query ($after: String) {{ products(first: 7, after: $after) {{ {PAGE} nodes {{ id title }} }} }}",
    f"query ($after: String) {{ offers(first: 7, after: $after) {{ {PAGE} nodes {{ id }} }} }}",
    f"query ($after: String) {{ marketplacePorts(first: 7, after: $after) {{ {PAGE} nodes {{ id }} }} }}",
)
