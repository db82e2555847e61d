"""Selects ports with the types that sgqlc has generated. Prints the names and prices as JSON."""

from __future__ import annotations

import json
import sys

from generated_schema import generated_schema
from sgqlc.endpoint.http import HTTPEndpoint
from sgqlc.operation import Operation

url, token = sys.argv[1:]
operation = Operation(generated_schema.Query)
nodes = operation.ports(first=2).nodes
nodes.name()
nodes.monthly_rate().amount()
answer = HTTPEndpoint(url, {"Authorization": f"Bearer {token}"})(operation)
json.dump(
    [[port.name, port.monthly_rate.amount if port.monthly_rate else None] for port in (operation + answer).ports.nodes],
    sys.stdout,
)
