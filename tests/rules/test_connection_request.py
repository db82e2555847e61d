"""Connection requests: between a customer and a provider, each with its partner."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import Client
from tests.factory import Company, Factory, Port, Thing
from tests.rules.answers import ids, payload, response_of

BY_ID = "query ($id: ID!) { node(id: $id) { id } }"
AT_PORT = "query ($id: ID!) { node(id: $id) { ... on Port { connections { nodes { id } totalCount } } } }"
REQUEST = """query ($id: ID!) { node(id: $id) { ... on ConnectionRequest {
    name status rateLimitMbps port { id } targetPort { id } requester { id } provider { id }
} } }"""
FACTS = {"name": "Sample", "status": "PENDING", "rateLimitMbps": 500}
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


async def requested(factory: Factory, customer: Company, provider: Company) -> tuple[Port, Port, Thing, Thing]:
    """The customer's port, the provider's public port and public profile, and a request between the ports."""
    profile = await factory.profile(provider)
    port, target = await factory.port(customer), await factory.port(provider, visibility="PUBLIC")
    return port, target, profile, await factory.connection_request(port, target)


@pytest.mark.parametrize("role", ROLES)
async def test_both_sides_read_a_request_in_every_role_R029_V16_V23(client: Client, factory: Factory, role: str) -> None:
    """Customer and provider find a request by its id and at their own port."""
    customer, provider = await factory.company(), await factory.company()
    port, target, _profile, request = await requested(factory, customer, provider)
    requesting, answering = await factory.user(customer, role), await factory.user(provider, role)

    by_id = [response_of(await client(user.email, BY_ID, id=request.id)) for user in (requesting, answering)]
    at_port = [
        response_of(await client(requesting.email, AT_PORT, id=port.id)),
        response_of(await client(answering.email, AT_PORT, id=target.id)),
    ]

    assert [payload({"node": {"id": request.id}})] * 2 == by_id
    assert [payload({"node": {"connections": ids(request)}})] * 2 == at_port


@pytest.mark.parametrize("status", ["PENDING", "ACCEPTED", "DENIED", "WITHDRAWN"])
async def test_partners_and_operator_read_a_request_V14_V16(client: Client, factory: Factory, status: str) -> None:
    """The partner of either side and the operator read a request in every status."""
    ours, theirs, operator = await factory.partner(), await factory.partner(), await factory.operator()
    customer, provider = (await factory.managed_account(ours)).company, (await factory.managed_account(theirs)).company
    request = (await requested(factory, customer, provider))[-1]
    await factory.change(request, status=status)

    answers = [response_of(await client(who.admin, BY_ID, id=request.id)) for who in (ours, theirs, operator)]

    assert [payload({"node": {"id": request.id}})] * 3 == answers


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_viewers_do_not_read_a_request_V16_A21(client: Client, factory: Factory, kind: str) -> None:
    """A viewer that finds the target on the Marketplace doesn't learn who requests connections to it."""
    request = (await requested(factory, await factory.company(), await factory.company()))[-1]
    email = await factory.admin_of_kind(kind)

    hidden_one = await client(email, BY_ID, id=request.id)
    await factory.delete(request)
    absent_one = await client(email, BY_ID, id=request.id)

    assert payload({"node": None}) == response_of(hidden_one)
    assert absent_one.body == hidden_one.body


def ends(**known: Thing | None) -> dict[str, Any]:
    """Return a request with those of its ends that the viewer can see."""
    names = ("port", "targetPort", "requester", "provider")
    return {**FACTS, **{name: {"id": thing.id} if (thing := known.get(name)) else None for name in names}}


async def test_each_side_reads_the_other_as_the_public_does_V16_V18_V20(client: Client, factory: Factory) -> None:
    """The customer sees the provider's Marketplace data. The provider sees neither the customer's port nor a hidden customer."""
    customer, provider = await factory.company(), await factory.company()
    port, target, _profile, request = await requested(factory, customer, provider)

    requesting, answering = (
        await client(customer.admin, REQUEST, id=request.id),
        await client(provider.admin, REQUEST, id=request.id),
    )

    seen = ends(port=port, targetPort=target.on_marketplace, requester=customer, provider=provider)
    assert payload({"node": seen}) == response_of(requesting)
    assert payload({"node": ends(targetPort=target.on_marketplace, provider=provider)}) == response_of(answering)


async def test_hidden_provider_is_hidden_in_requests_too_R013_V18(client: Client, factory: Factory) -> None:
    """When the provider's profile becomes private, the customer keeps its request without any data about the provider."""
    customer, provider = await factory.company(), await factory.company()
    port, _target, profile, request = await requested(factory, customer, provider)
    await factory.change(profile, visibility="PRIVATE")

    answer = await client(customer.admin, REQUEST, id=request.id)

    assert payload({"node": ends(port=port, requester=customer)}) == response_of(answer)


async def test_managed_provider_reads_requests_without_its_marketplace_port_R029_R116(client: Client, factory: Factory) -> None:
    """A managed account reads who requests its port, but not how the Marketplace lists that port."""
    account = await factory.managed_account(await factory.partner())
    customer = await factory.company()
    await factory.product(customer, visibility="PUBLIC")
    request = (await requested(factory, customer, account.company))[-1]

    answer = await client(account.admin, REQUEST, id=request.id)

    assert payload({"node": ends(requester=customer, provider=account.company)}) == response_of(answer)
