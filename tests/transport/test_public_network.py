"""Requests to others' addresses: they never reach the gateway's own network, whatever a name resolves to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.issuer import running_issuer
from transport.authentication.discovery import Discovery, IssuerUnavailable
from transport.public_network import PublicNetwork, is_public

INSIDE = [
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
    "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "2002:7f00:1::",
    "2002:a00:1::1", "2001:db8::1",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize(("address", "expected"), [*((each, False) for each in INSIDE), *((each, True) for each in OUTSIDE)])
def test_addresses_of_private_networks_are_not_public_V53(address: str, expected: bool) -> None:
    """Private, local, shared, reserved and multicast addresses aren't, also inside an IPv6 address."""
    assert expected is is_public(ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "127.1", "0x7f.1"])
async def test_issuer_inside_the_network_is_never_connected_to_V53(host: str) -> None:
    """The address is checked after the name is resolved, whichever way it's written. Nothing arrives at the server."""
    async with running_issuer() as issuer:
        port = issuer.url.rpartition(":")[2]

        with pytest.raises(IssuerUnavailable, match="ConnectError"):
            await Discovery()(f"https://{host}:{port}")

        assert 0 == issuer.connections


async def test_development_reaches_this_machine_only_V53() -> None:
    """With `local`, loopback addresses can be used, and other private ones still can't."""
    network = PublicNetwork(local=True)

    assert ["127.0.0.1"] == [str(each) for each in await network._usable_addresses("127.0.0.1", 80)]
    assert [] == await network._usable_addresses("10.0.0.1", 80)
