"""Allowed actions: decided by the shape where possible and by the row otherwise, without revealing what is hidden."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import pytest

import server
from policies.analysis.check import shapes
from policies.catalogue import CATALOGUE
from policies.evaluation.decision import Decision, FieldRule
from policies.evaluation.policy import Policy
from policies.language.actions import ACTIONS
from policies.predicates.condition_text import revealed_columns
from policies.predicates.predicate import FALSE, TRUE, Compare, Exists, Or, Parameter, Predicate, assume, conj, one_of
from policies.reason import Reason
from policies.viewer import Shape, Viewer
from resolvers.reading.allowed_actions import (
    ALLOWED_FROM,
    FIELD_SHOWING_COLUMN,
    AllowedActions,
    Condition,
    ViewerCan,
    allowed_actions,
    condition,
)
from resolvers.reading.nodes import NON_NODE_TYPES
from resolvers.values.identifiers import TAGS
from tests.client import OPERATOR, PARTNER, Client
from tests.rules.attempts import ATTEMPTS, OWN_COMPANY_ATTEMPTS, UNTRIED

MINE: Final = Compare("=", "company_id", Parameter("company_id"))
ACTIVE: Final = Compare("=", "status", "ACTIVE")
SELLS: Final = Exists("sales", Compare("=", "status", "PUBLISHED"))
ME, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The gateway's policy."""
    return server.load_policy()


def decided(rows: Predicate, read: Predicate = TRUE, **visible: Predicate) -> Any:
    """Return a policy's decisions on an action, and on reading with these fields."""
    fields = {name: FieldRule(predicate, (), Reason.NOT_YOURS) for name, predicate in visible.items()}
    answers = {"read": Decision("Port", "read", read, fields)}
    return lambda entity, action: answers.get(action, Decision(entity, action, rows, {}))


def port(company: UUID = ME, status: str = "ACTIVE", **more: Any) -> Any:
    """Return a row as the database returns it."""
    return SimpleNamespace(company_id=company, status=status, **more)


def listed(conditions: Mapping[str, Condition], *rows: Any) -> list[list[str]]:
    """Return the list of each row."""
    rights = AllowedActions("Port", conditions)
    return [rights.of(row, Viewer(company_id=ME)) for row in rows]


def test_what_a_shape_decides_is_not_evaluated_for_rows() -> None:
    """An action that all rows allow is in the one list that all share; one that no row allows isn't."""
    conditions = {"READ": Condition(TRUE), "UPDATE": Condition(FALSE)}
    first, second = listed(conditions, object(), object())

    assert ["READ"] == first
    assert first == second


def test_rows_with_equal_facts_share_a_list() -> None:
    """A list is built once for all rows with the same facts."""
    first, second, other = listed({"CANCEL": Condition(ACTIVE)}, port(OTHER), port(ME), port(status="CANCELLED"))

    assert (["CANCEL"], []) == (first, other)
    assert first is second


def test_list_has_the_order_of_the_enum() -> None:
    """The order doesn't depend on what the row decides."""
    conditions = {"A": Condition(MINE), "B": Condition(TRUE), "C": Condition(ACTIVE), "D": Condition(conj((MINE, ACTIVE)))}

    assert [["A", "B", "C", "D"], ["B", "C"], ["A", "B"]] == listed(conditions, port(), port(OTHER), port(status="DISABLED"))


def test_both_policy_and_state_decide() -> None:
    """A port can be cancelled by viewers that policy allows, from the states that its lifecycle allows."""
    found = condition("Port", "cancel", decided(MINE, read=MINE, status=TRUE))

    assert Condition(one_of("status", ["REQUESTED", "ALLOCATED"])) == found


def test_hidden_state_is_not_used() -> None:
    """If the viewer can't see a port's status, the list doesn't depend on it; if the row decides that, so does the list."""
    hidden = condition("Port", "cancel", decided(TRUE, status=FALSE))
    unknown = condition("Port", "cancel", decided(TRUE))
    by_row = condition("Port", "cancel", decided(TRUE, status=MINE))

    assert Condition(TRUE) == hidden == unknown
    assert [["CANCEL"], []] == listed({"CANCEL": by_row}, port(OTHER, "ACTIVE"), port(ME, "ACTIVE"))


def test_hidden_deadline_is_not_used() -> None:
    """The list doesn't reveal that an order has expired to a viewer who can't see when it does."""
    seen = condition("OrderApproval", "approve", decided(TRUE, status=TRUE, expires_at=TRUE))
    hidden = condition("OrderApproval", "approve", decided(TRUE, status=TRUE, expires_at=FALSE))

    assert (Condition(Compare("=", "status", "PENDING"), "expires_at"), Condition(TRUE)) == (seen, hidden)


def test_action_that_depends_on_a_hidden_column_is_left_out() -> None:
    """If policy uses a column that the viewer can't see, the action is left out; the viewer's own values reveal nothing."""
    assert Condition(FALSE) == condition("Port", "update", decided(Compare("=", "visibility", "PUBLIC")))
    assert Condition(FALSE) == condition("Port", "update", decided(Compare("=", "visibility", "PUBLIC"), visibility=FALSE))
    assert Condition(MINE) == condition("Port", "update", decided(MINE))


UNLISTED: Final = {("User", "register_company", "email_verified_at")}  # `Viewer.emailVerified` says whether it's possible


def test_current_policy_uses_no_hidden_column(policy: Policy) -> None:
    """No action is left out, and no state ignored, because its column is hidden where policy allows it."""
    found = set()
    for shape in shapes():
        for entity, action in ((entity, action) for entity, named in ACTIONS.items() for action in named):
            read = policy.decide(shape, entity)
            rest = assume(TRUE if read.rows == FALSE else read.rows, policy.decide(shape, entity, action).rows)
            state = ALLOWED_FROM.get((entity, action))
            columns = revealed_columns(rest) | set(state.columns if state else ())
            for name in (FIELD_SHOWING_COLUMN.get((entity, column), column) for column in columns):
                visible = read.fields[name].visible if name in read.fields else FALSE
                if read.rows != FALSE and rest != FALSE and assume(rest, visible) != TRUE:
                    found.add((entity, action, name))

    assert UNLISTED == found


def test_each_state_names_an_action_and_a_column() -> None:
    """The table of states names actions of the policy, and columns and values of the model."""
    for (entity, action), state in ALLOWED_FROM.items():
        table = CATALOGUE[entity].table

        assert action in ACTIONS[entity]
        if state.statuses is not None:
            assert set(state.statuses) < set(table.c[state.column].type.enums)  # type: ignore[attr-defined]  # a column of words
        assert {*state.columns} <= {*table.c.keys()}


def test_conditions_on_linked_rows_are_computed_by_the_database() -> None:
    """They are an extra column of the row, once for all actions that need it; see tests/execution/test_actions.py."""
    linked = Or((SELLS, Compare("=", "id", None)))
    rights = AllowedActions("Company", {"READ": Condition(TRUE), "EXPLAIN": Condition(linked), "VIEW_AS": Condition(linked)})
    rows = [SimpleNamespace(can_0=each) for each in (True, False)]

    assert (("can_0", linked),) == rights.computed
    assert [["READ", "EXPLAIN", "VIEW_AS"], ["READ"]] == [rights.of(row, Viewer()) for row in rows]


@pytest.mark.executors
@pytest.mark.parametrize("viewer", [PARTNER, OPERATOR])
async def test_lists_of_allowed_actions_cost_no_statement(demo_client: Client, viewer: str) -> None:
    """A page with the allowed actions of each row takes the statements of a page without, for one row and for all."""
    counts = []
    for first in (1, 1000):
        for selection in ("id", "id viewerCan", "id viewerCan company { id viewerCan } location { viewerCan }"):
            with demo_client.counting() as statements:
                answer = await demo_client(viewer, f"{{ ports(first: {first}) {{ nodes {{ {selection} }} }} }}")
            counts.append((selection, len(answer.data["ports"]["nodes"]) == 1, len(statements)))

    assert counts[0][2] == counts[1][2] == counts[3][2] == counts[4][2]
    assert counts[2][2] == counts[5][2]
    assert [True, False] == [counts[0][1], counts[3][1]]


async def test_allowed_actions_are_built_once(policy: Policy) -> None:
    """Viewers of a shape share them, and the resolver of a type is a value."""
    shape = Viewer().shape

    assert allowed_actions(policy, shape, "Port") is allowed_actions(policy, shape, "Port")
    assert ViewerCan("Port") == ViewerCan("Port")


def test_each_action_is_tried() -> None:
    """Every action of every node has an attempt, or a reason why it has none."""
    known = {(entity, action.upper()) for entity in set(TAGS) - NON_NODE_TYPES for action in ACTIONS[entity]}
    without = {
        (entity, action)
        for entity, action in known
        if {action, f"{entity} {action}"} & UNTRIED.keys() or (entity == "Company" and action in OWN_COMPANY_ATTEMPTS)
    }

    assert known - without == set(ATTEMPTS)


@pytest.mark.usefixtures("small_heap")
def test_allowed_actions_do_not_keep_a_policy_alive() -> None:
    """What was built for a policy is freed with it, so that a day of reloads doesn't fill the memory."""
    policy = Policy.load(server.POLICIES, CATALOGUE)
    allowed_actions(policy, Shape(), "Port")
    kept = weakref.ref(policy)

    del policy
    gc.collect()

    assert None is kept()
