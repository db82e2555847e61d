"""What viewers can do to things: settled for a shape where it can be, asked of the row where not, and silent of what is hidden."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import pytest

import server
from policies.actions import ACTIONS
from policies.catalogue import CATALOGUE
from policies.check import shapes
from policies.condition_text import stated
from policies.decision import Decision, FieldRule
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, Compare, Exists, Or, Parameter, Predicate, assume, conj, one_of
from policies.reason import Reason
from policies.viewer import Shape, Viewer
from resolvers.reading.allowed_actions import AllowedActions, Condition, ViewerCan, allowed_actions, condition
from resolvers.reading.lifecycle_conditions import ALLOWED_FROM, FIELD_SHOWING_COLUMN
from resolvers.reading.nodes import NO_NODES
from resolvers.values.identifiers import TAGS
from tests.client import OPERATOR, PARTNER, Client
from tests.rules.attempts import ATTEMPTS, OWN_COMPANY_ATTEMPTS, UNTRIED

MINE: Final = Compare("=", "company_id", Parameter("company_id"))
ACTIVE: Final = Compare("=", "status", "ACTIVE")
SELLS: Final = Exists("sales", Compare("=", "status", "PUBLISHED"))
ME, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy of the gateway."""
    return server.load_policy()


def decided(rows: Predicate, read: Predicate = TRUE, **visible: Predicate) -> Any:
    """What decides of an action, and of reading with these fields."""
    fields = {name: FieldRule(predicate, (), Reason.NOT_YOURS) for name, predicate in visible.items()}
    answers = {"read": Decision("Port", "read", read, fields)}
    return lambda entity, action: answers.get(action, Decision(entity, action, rows, {}))


def port(company: UUID = ME, status: str = "ACTIVE", **more: Any) -> Any:
    """A row as the database gives it."""
    return SimpleNamespace(company_id=company, status=status, **more)


def listed(conditions: Mapping[str, Condition], *rows: Any) -> list[list[str]]:
    """The list of each row."""
    rights = AllowedActions("Port", conditions)
    return [rights.of(row, Viewer(company_id=ME)) for row in rows]


def test_what_a_shape_settles_is_asked_of_no_row() -> None:
    """An action that all rows allow is in the one list that all share; one that none allows is not."""
    conditions = {"READ": Condition(TRUE), "UPDATE": Condition(FALSE)}
    first, second = listed(conditions, object(), object())

    assert ["READ"] == first
    assert first == second


def test_rows_that_are_alike_share_a_list() -> None:
    """A list is made once for all rows of which the same is true."""
    first, second, other = listed({"CANCEL": Condition(ACTIVE)}, port(OTHER), port(ME), port(status="CANCELLED"))

    assert (["CANCEL"], []) == (first, other)
    assert first is second


def test_the_order_is_that_of_the_enum() -> None:
    """Whatever of it the row decides."""
    conditions = {"A": Condition(MINE), "B": Condition(TRUE), "C": Condition(ACTIVE), "D": Condition(conj((MINE, ACTIVE)))}

    assert [["A", "B", "C", "D"], ["B", "C"], ["A", "B"]] == listed(conditions, port(), port(OTHER), port(status="DISABLED"))


def test_the_state_stands_beside_the_policy() -> None:
    """A port is cancelled by whom policy lets, from the states that its lifecycle has for it."""
    found = condition("Port", "cancel", decided(MINE, read=MINE, status=TRUE))

    assert Condition(one_of("status", ["REQUESTED", "ALLOCATED"])) == found


def test_a_state_that_is_hidden_is_not_asked() -> None:
    """Where the viewer does not see where a port stands, the list tells nothing of it; where the row decides, so does the list."""
    hidden = condition("Port", "cancel", decided(TRUE, status=FALSE))
    unknown = condition("Port", "cancel", decided(TRUE))
    by_row = condition("Port", "cancel", decided(TRUE, status=MINE))

    assert Condition(TRUE) == hidden == unknown
    assert [["CANCEL"], []] == listed({"CANCEL": by_row}, port(OTHER, "ACTIVE"), port(ME, "ACTIVE"))


def test_a_time_that_is_hidden_is_not_asked() -> None:
    """An order whose end the viewer does not see is not told to have expired."""
    seen = condition("OrderApproval", "approve", decided(TRUE, status=TRUE, expires_at=TRUE))
    hidden = condition("OrderApproval", "approve", decided(TRUE, status=TRUE, expires_at=FALSE))

    assert (Condition(Compare("=", "status", "PENDING"), "expires_at"), Condition(TRUE)) == (seen, hidden)


def test_an_action_by_what_is_hidden_is_left_out() -> None:
    """Where policy looks at a column that the viewer does not see, the list is silent; the viewer's own values tell nothing."""
    assert Condition(FALSE) == condition("Port", "update", decided(Compare("=", "visibility", "PUBLIC")))
    assert Condition(FALSE) == condition("Port", "update", decided(Compare("=", "visibility", "PUBLIC"), visibility=FALSE))
    assert Condition(MINE) == condition("Port", "update", decided(MINE))


def test_policy_as_it_is_looks_at_nothing_hidden(policy: Policy) -> None:
    """For no shape an action is left out, or its state not asked, because of a hidden column: mutations say the same as lists."""
    found = set()
    for shape in shapes():
        for entity, action in ((entity, action) for entity, named in ACTIONS.items() for action in named):
            read = policy.decide(shape, entity)
            rest = assume(TRUE if read.rows == FALSE else read.rows, policy.decide(shape, entity, action).rows)
            state = ALLOWED_FROM.get((entity, action))
            columns = stated(rest) | set(state.columns if state else ())
            for name in (FIELD_SHOWING_COLUMN.get((entity, column), column) for column in columns):
                if read.rows != FALSE and rest != FALSE and (name not in read.fields or read.fields[name].visible != TRUE):
                    found.add((entity, action, name))

    assert set() == found


def test_each_state_is_of_an_action_and_a_column() -> None:
    """The table of states names actions of the policy, and columns and words that the model has."""
    for (entity, action), state in ALLOWED_FROM.items():
        table = CATALOGUE[entity].table
        words = table.c["status"].type.enums  # type: ignore[attr-defined]  # a column of words

        assert action in ACTIONS[entity]
        assert set(state.words) < set(words)
        assert {*state.columns} <= {*table.c.keys()}


def test_linked_rows_are_asked_by_the_database() -> None:
    """What linked rows decide is a column beside the row, once for all actions that need it; see tests/execution/test_actions.py."""
    linked = Or((SELLS, Compare("=", "id", None)))
    rights = AllowedActions("Company", {"READ": Condition(TRUE), "EXPLAIN": Condition(linked), "VIEW_AS": Condition(linked)})
    rows = [SimpleNamespace(can_0=each) for each in (True, False)]

    assert (("can_0", linked),) == rights.computed
    assert [["READ", "EXPLAIN", "VIEW_AS"], ["READ"]] == [rights.of(row, Viewer()) for row in rows]


@pytest.mark.executors
@pytest.mark.parametrize("viewer", [PARTNER, OPERATOR])
async def test_a_list_for_each_row_costs_no_statement(ask_demo: Client, viewer: str) -> None:
    """A page with what can be done to each of its rows takes the statements of a page without, for one row and for all."""
    counts = []
    for first in (1, 1000):
        for selection in ("id", "id viewerCan", "id viewerCan company { id viewerCan } location { viewerCan }"):
            with ask_demo.counting() as statements:
                answer = await ask_demo(viewer, f"{{ ports(first: {first}) {{ nodes {{ {selection} }} }} }}")
            counts.append((selection, len(answer.data["ports"]["nodes"]) == 1, len(statements)))

    assert counts[0][2] == counts[1][2] == counts[3][2] == counts[4][2]
    assert counts[2][2] == counts[5][2]
    assert [True, False] == [counts[0][1], counts[3][1]]


async def test_rights_are_made_once(policy: Policy) -> None:
    """Viewers of a shape have the same rights, and the resolver of a type is a value."""
    shape = Viewer().shape

    assert allowed_actions(policy, shape, "Port") is allowed_actions(policy, shape, "Port")
    assert ViewerCan("Port") == ViewerCan("Port")


def test_each_action_is_tried() -> None:
    """Every action of every node has an attempt, or a reason why it has none."""
    known = {(entity, action.upper()) for entity in set(TAGS) - NO_NODES for action in ACTIONS[entity]}
    without = {
        (entity, action)
        for entity, action in known
        if action in UNTRIED or (entity == "Company" and action in OWN_COMPANY_ATTEMPTS)
    }

    assert known - without == set(ATTEMPTS)


def test_rights_keep_no_policy() -> None:
    """What was made of a policy goes with it, so that a day of reloads does not fill the memory."""
    policy = server.load_policy()
    allowed_actions(policy, Shape(), "Port")
    kept = weakref.ref(policy)

    del policy
    gc.collect()

    assert None is kept()
