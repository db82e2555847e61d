"""Asks for ports with the client that ariadne-codegen has generated. Prints the names and prices as JSON."""

from __future__ import annotations

import asyncio
import json
import sys

from generated_client import Client


async def main() -> None:
    """Run the query `Ports` of the package."""
    url, token = sys.argv[1:]
    async with Client(url, headers={"Authorization": f"Bearer {token}"}) as client:
        ports = (await client.ports(first=2)).ports
    json.dump([[port.name, port.monthly_rate and port.monthly_rate.amount] for port in ports.nodes], sys.stdout)


asyncio.run(main())
