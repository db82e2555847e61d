"""The page of lifecycles: each as a diagram and a table of its steps, with who takes them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from models import STAGED
from models.lifecycle import Staged
from policies.language.actions import ACTIONS
from resolvers.values.text import camel

INTRODUCTION: Final = """\
# Lifecycles

A lifecycle is the states of an object and the steps between them. Every other change is refused: a mutation answers `ILLEGAL_STEP`
with the state and the steps that it allows, and the database refuses the change itself.

A step is taken only where policy allows its action, and `viewerCan` lists the actions that are possible now. A step without an action
isn't for users: the system takes it when its time comes or with another change.
[Add a lifecycle status](develop/add-a-status.md) says how to add a step. `crossgate lifecycles` prints this page.
"""
NOT_YET: Final = "nobody yet"  # no rule allows any action on the type
SYSTEM: Final = "the system"


def page() -> str:
    """The page, as Markdown."""
    return "\n".join([INTRODUCTION, *map(_section, STAGED)])


def _section(model: type[Staged]) -> str:
    column: Any = model.state_column()
    states = list(column.type.enum_class)
    final = [state for state in states if not model.LIFECYCLE.steps_from(state)]
    ends = f"final: {_listed(final)}" if final else "no final state"
    lines = [
        f"## {model.__name__}\n",
        f"`{camel(column.name)}`, initially `{column.default.arg}`; {ends}.\n",
        *_waits(model),
        f"```mermaid\nstateDiagram-v2\n    [*] --> {column.default.arg}",
        *_arrows(model, states),
        *(f"    {state} --> [*]" for state in final),
        "```\n",
        "| step | from | to | action | who takes it |\n|---|---|---|---|---|",
        *_rows(model, states),
    ]
    return "\n".join(lines) + "\n"


def _waits(model: type[Staged]) -> Iterator[str]:
    """Yield a list of whom the states wait for, and of the step that is taken when it's due."""
    lifecycle = model.LIFECYCLE
    for state, wait in lifecycle.waits.items():
        until = f", until `{camel(wait.until)}`" if wait.until else ""
        yield f"- `{state}` waits for the `{wait.side}`{until}."
    if deadline := lifecycle.deadline:
        yield f"- From `{camel(deadline.column)}` on, the step {deadline.step} counts as taken."
    if lifecycle.waits:
        yield ""


def _arrows(model: type[Staged], states: list[StrEnum]) -> Iterator[str]:
    """Yield a line of the diagram for each change of state, in the order of the states."""
    for state in states:
        steps = model.LIFECYCLE.steps_from(state).items()
        yield from (f"    {state} --> {to}: {name.replace('_', ' ')}" for name, to in steps)


def _rows(model: type[Staged], states: list[StrEnum]) -> Iterator[str]:
    """Yield a line of the table for each step. The sentence above the rules of its action says who takes it."""
    actions = {action: sentence for action, sentence in ACTIONS.get(model.__name__, {}).items() if action != "read"}
    for name, step in model.LIFECYCLE.steps.items():
        action = step.action or name
        actor = f"`{action.upper()}` | {actions[action]}" if action in actions else f"| {SYSTEM if actions else NOT_YET}"
        starts = [state for state in states if state in step.start]
        yield f"| {name.replace('_', ' ')} | {_listed(starts)} | {_listed([step.to])} | {actor} |"


def _listed(states: list[StrEnum]) -> str:
    return ", ".join(f"`{state}`" for state in states)
