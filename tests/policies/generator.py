"""Random policies that lint accepts, over the sample market."""

from __future__ import annotations

import re
from random import Random
from typing import Final

OF_THE_VIEWER: Final = (
    'viewer.kind = "MANAGED"',
    'viewer.kind != "PARTNER"',
    'viewer.kind in ["DIRECT", "OPERATOR"]',
    '"FINANCE" in viewer.roles',
    "viewer.pricing_shown",
    "viewer.supported_by = nil",
    'viewer.supported_by != "PARTNER"',
)
OF_THE_ROW: Final = (
    "port.company_id = viewer.company_id",
    "port.company_id != viewer.company_id",
    "viewer.company_id = port.partner_id",
    "port.partner_id != viewer.partner_id",
    "port.partner_id = nil",
    "port.partner_id != nil",
    "port.market in viewer.markets",
    'port.market in ["EU", "US"]',
    'port.market != "EU"',
    'port.visibility = "PUBLIC"',
    "port.name = viewer.supported_by",
    "port.name != viewer.kind",
    "port.active = true",
    "port.active != true",
    "port.speed > port.floor",
    "port.speed <= 2",
    "1 < port.floor",
    "port.speed = port.floor",
    "port.speed != port.floor",
    "port.company_id in [viewer.company_id, viewer.partner_id]",
    "viewer.company_id in [port.company_id, port.partner_id]",
    "port.company_id = port.partner_id",
    "listed(port.market)",
    "listed(port.name)",
    "ours(viewer, port.partner_id)",
    "others(viewer, port.company_id)",
    "usual(port)",
    '({new} in ["EU", "a"] and {new} = port.name)',
    "({new} in viewer.roles and port.name != {new})",
    "({new} in [viewer.company_id, viewer.user_id] and {new} = port.partner_id)",
    '"US" = port.market',
    "graded(port.name)",
    "graded(port.market)",
    "sold(port)",
    "sold_to(viewer, port)",
    "untold(viewer, port)",
)
OF_A_LINKED_ROW: Final = (
    "{row}.buyer_id = viewer.company_id",
    "{row}.partner_id != viewer.partner_id",
    '{row}.status in ["OFFERED", "SOLD"]',
    "{row}.status != nil",
    "{row}.amount >= 1",
    "about(viewer, {row})",
)
HELPERS: Final = """
about(viewer: Viewer, row) if row.partner_id = viewer.partner_id;
about(_viewer: Viewer, row) if row.status = nil;
listed(value) if value in ["EU", "a"];
listed(value) if value = nil;
ours(viewer: Viewer, id) if id = viewer.company_id;
others(viewer: Viewer, id) if id != viewer.company_id and id != viewer.partner_id;
graded("a");
graded("EU") if 1 = 1;
graded(name) if name != "US" and word in ["a", "b", "SOLD"] and word = name;
sold(port: Port) if dealing in port.dealings and dealing.status = "SOLD";
sold_to(viewer: Viewer, resource: Port) if
    dealing in resource.dealings and (about(viewer, dealing) or listed(dealing.status)) and ours(viewer, dealing.buyer_id);
untold(viewer: Viewer, port: Port) if not helper(viewer) and (port.name = nil or sold(port)) and sold_to(viewer, port);
usual(row) if row.speed = row.floor or row.speed > 2;
"""


def random_policy(random: Random) -> str:
    """Return helpers, a few rules of each kind, and comments where they're required."""
    rules = [f"helper(viewer: Viewer) if {_viewer_goal(random, 1)};" for _ in range(2)]
    rules += [_rule(random, "allow", "") for _ in range(random.randint(1, 4))]
    rules += [_rule(random, "deny", "") for _ in range(random.randint(0, 2))]
    allowed = [', "name"', *(random.choice((', "name"', ', "floor"')) for _ in range(random.randint(0, 2)))]
    rules += [_rule(random, "allow_field", field) for field in allowed]
    rules += ["# @reason NOT_YOURS\n" + _rule(random, "deny_field", ', "name"') for _ in range(random.randint(0, 2))]
    return HELPERS + "\n".join(rules)


def _rule(random: Random, name: str, more: str) -> str:
    body = _goal(random, 2, Counter())
    words = re.findall(r"\w+", body)
    viewer, port = (name if name in words else f"_{name}" for name in ("viewer", "port"))
    return f'{name}({viewer}: Viewer, "read", {port}: Port{more}) if {body};'


class Counter:
    """Numbers the variables of one rule."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> str:
        """Return an unused name."""
        self.last += 1
        return f"row{self.last}"


def _goal(random: Random, depth: int, names: Counter) -> str:
    if depth and random.random() < 0.7:
        word = random.choice((" and ", " or "))
        return f"({word.join(_goal(random, depth - 1, names) for _ in range(random.randint(2, 3)))})"
    chance = random.random()
    if chance < 0.2:
        return random.choice(("not helper(viewer)", "helper(viewer)", _viewer_goal(random, 1)))
    if chance < 0.4:
        row = names.next()
        conditions = random.sample(OF_A_LINKED_ROW, random.randint(1, 2))
        return f"({row} in port.dealings and {' and '.join(conditions).format(row=row)})"
    return random.choice(OF_THE_ROW).format(new=names.next())


def _viewer_goal(random: Random, depth: int) -> str:
    """Return a goal about the viewer alone, which can be negated."""
    if depth and random.random() < 0.5:
        word = random.choice((" and ", " or "))
        return f"not ({word.join(_viewer_goal(random, depth - 1) for _ in range(2))})"
    return random.choice(OF_THE_VIEWER)
