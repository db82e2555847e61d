"""The matrix shows what the policy decides for every possible viewer, in one column of each sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

import server
from commands.policy.markdown import markdown
from policies.analysis.matrix import Cell, Sheet, Table, abilities, acting, matrix, reading
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from policies.viewer import Shape
from tests.policies.samples import written
from tests.policies.test_shapes import POSSIBLE

RULES = """
allow(viewer: Viewer, "read", port: Port) if port.id = viewer.user_id;
allow(viewer: Viewer, "read", _port: Port) if viewer.kind = "OPERATOR";
allow(viewer: Viewer, "order", port: Port) if "FINANCE" in viewer.roles and port.id = viewer.user_id;
allow_field(_viewer: Viewer, "read", _port: Port, field) if field in ["name", "speed", "floor"];
# @reason HIDDEN_BY_PARTNER
deny_field(viewer: Viewer, "read", _port: Port, "speed") if viewer.kind = "MANAGED" and not viewer.pricing_shown;
# @reason ROLE_REQUIRED
deny_field(viewer: Viewer, "read", port: Port, "floor") if viewer.kind = "DIRECT" and port.active = true;
allow_field(_viewer: Viewer, "read", _fee: Fee, "amount");
# @reason SIGN_IN_REQUIRED
ability(viewer: Viewer, "quote") if viewer.kind != "ANONYMOUS";
"""
EXPECTED = """
## Fee

|  | Visitor | Signed in |
| --- | --- | --- |
| (row) | never | always |
| amount | no row | always |

## Port

|  | Visitor | User without a company or partner; managed, prices shown | Direct | Operator | Managed, prices hidden |
| --- | --- | --- | --- | --- | --- |
| (row) | never | if `id = viewer.user_id` | if `id = viewer.user_id` | always | if `id = viewer.user_id` |
| floor | no row | always | if `active != true`, else ROLE_REQUIRED | always | always |
| name | no row | always | always | always | always |
| speed | no row | always | always | always | never (HIDDEN_BY_PARTNER) |

Actions:

|  | Visitor or user without a company; members, without FINANCE | Members, with FINANCE |
| --- | --- | --- |
| order | never | if `id = viewer.user_id` |

## PublicPort

|  | Everyone |
| --- | --- |
| (row) | never |

## Abilities

|  | Visitor | Signed in |
| --- | --- | --- |
| quote | never (SIGN_IN_REQUIRED) | always |
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Load the gateway's policy."""
    return server.load_policy()


@pytest.fixture(scope="module")
def tables(policy: Policy) -> tuple[Table, ...]:
    """Compute the gateway's matrix."""
    return matrix(policy)


def test_matrix_shows_fields_and_actions_by_viewer_class(tmp_path: Path) -> None:
    """Viewers that are treated the same share a column. Visitors own nothing."""
    text = markdown(matrix(written(tmp_path, RULES)))

    assert EXPECTED.strip() == text[text.index("## Fee") :].strip()


@settings(deadline=None, max_examples=50)
@given(POSSIBLE)
def test_every_viewer_has_one_column(policy: Policy, tables: tuple[Table, ...], shape: Shape) -> None:
    """Any possible viewer is in exactly one column of each sheet, and its cells match the policy's decisions."""
    for table in tables[:-1]:
        entity = policy.catalogue[table.title]
        decided = reading(policy, entity, [shape])
        assert {name: cells[shape] for name, cells in decided.items()} == _cells(table.reading, shape)
        assert {name: cells[shape] for name, cells in acting(policy, entity, [shape]).items()} == _cells(table.acting, shape)
    assert {name: cells[shape] for name, cells in abilities(policy, [shape]).items()} == _cells(tables[-1].reading, shape)


def _cells(sheets: tuple[Sheet, ...], shape: Shape) -> dict[str, Cell | None]:
    """Return the cells of a shape in the sheets."""
    cells: dict[str, Cell | None] = {}
    for sheet in sheets:
        (at,) = [number for number, column in enumerate(sheet.columns) if column.contains(shape)]
        cells |= {name: line.cells[at] for line in sheet.lines for name in line.names}
    return cells


def test_every_type_is_in_the_matrix(tables: tuple[Table, ...]) -> None:
    """Each type of the catalogue has a table, and abilities have the last one."""
    names = sorted(entity.name for entity in CATALOGUE)

    assert [*names, "Abilities"] == [table.title for table in tables]


def test_cached_decisions_equal_fresh_ones() -> None:
    """A policy that has already decided for other shapes makes the same decisions as a fresh one."""
    shapes = [
        Shape(),
        Shape(kind="MANAGED", roles=("FINANCE",), supported_by="PARTNER"),
        Shape(kind="PARTNER", roles=("VIEWER",)),
    ]
    warm, types = server.load_policy(), ("Company", "Port", "SupportDetails")
    together = [[warm.decide(shape, name) for name in types] for shape in shapes]
    fresh = (Policy.load(server.POLICIES, CATALOGUE) for _ in shapes)
    alone = [[cold.decide(shape, name) for name in types] for shape, cold in zip(shapes, fresh, strict=True)]

    assert alone == together
