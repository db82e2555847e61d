"""How policy comes to a decision: the rules that have a say, for a viewer shape, each with its parts and what these ask of a row.

Nothing here decides. An explanation is compiled from the rules as decisions are, and comes to the same verdict for every row: a
property test holds that. Whoever evaluates its predicates learns booleans, never a value of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from policies.compiler import Prefixes
from policies.entity import Entity
from policies.facts import Facts
from policies.predicate import TRUE, Constant, Predicate
from policies.reason import Reason
from policies.source import Rule
from policies.syntax import Goal, calls

Holds = Callable[[Predicate], bool]
"""Whether a predicate is true of the row and the viewer in question."""

ALLOW: Final = "ALLOW"
DENY: Final = "DENY"


@dataclass(frozen=True, slots=True)
class Part:
    """A condition of a rule as it is written. `upto` are the rows of which it and all parts before it are true.

    `rules` are the places of the rules that it asks.
    """

    text: str
    upto: Predicate
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule that has a say in a decision, and the rows of which it is true."""

    rule: Rule
    condition: Predicate
    parts: tuple[Part, ...]

    @property
    def effect(self) -> Literal["ALLOW", "DENY"]:
        """What it does where it is true."""
        return DENY if self.rule.name.startswith("deny") else ALLOW

    def failing(self, holds: Holds) -> Part | None:
        """The first part that is not true, None where all are."""
        return next((part for part in self.parts if not holds(part.upto)), None)


@dataclass(frozen=True, slots=True)
class Stage:
    """One question of a decision: allowed by some rule, and denied by none. `otherwise` is the reason where no denial gives one."""

    rulings: tuple[Ruling, ...]
    otherwise: Reason

    def refusal(self, holds: Holds) -> Reason | None:
        """Why it is refused, None if it is allowed."""
        true = [ruling for ruling in self.rulings if holds(ruling.condition)]
        denials = [ruling for ruling in true if ruling.effect == DENY]
        if len(denials) == 0 < len(true):
            return None
        return next((ruling.rule.reason for ruling in denials if ruling.rule.reason), self.otherwise)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided of a row: a reason where it is refused."""

    allowed: bool
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision for the viewers of a shape: what is asked of the row, then what is asked of its field, if it is about one."""

    stages: tuple[Stage, ...]

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """The rules that have a say: on the row, then on its field, each in the order of the files."""
        return tuple(ruling for stage in self.stages for ruling in stage.rulings)

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        """All that has to be known of a row to tell the verdict and which parts fail; no constant is among it."""
        asked = [part.upto for ruling in self.rulings for part in ruling.parts]
        return tuple(dict.fromkeys(predicate for predicate in asked if not isinstance(predicate, Constant)))

    def verdict(self, holds: Holds) -> Verdict:
        """The decision of a row."""
        refusals = (stage.refusal(holds) for stage in self.stages)
        reason = next((refusal for refusal in refusals if refusal is not None), None)
        return Verdict(reason is None, reason)


class Explainer:
    """Makes explanations of the rules of one policy."""

    def __init__(self, rules: tuple[Rule, ...], prefixes: Prefixes) -> None:
        self._rules = rules
        self._prefixes = prefixes

    def stage(
        self,
        viewer: Facts,
        names: Collection[str],
        entity: Entity,
        action: str,
        otherwise: Reason | None,
        field: str | None = None,
    ) -> Stage:
        """What rules of these names say, field rules of one field. Without `otherwise`, an allow rule may give the reason."""
        rules = [rule for rule in self._rules if rule.name in names and rule.concerns(entity.name, action)]
        rulings = tuple(self._ruling(rule, viewer, action, field) for rule in rules if field is None or rule.names(field))
        given = (rule.reason for rule in rules if rule.name == "allow" and rule.reason)
        return Stage(rulings, otherwise or next(given, Reason.NOT_YOURS))

    def _ruling(self, rule: Rule, viewer: Facts, action: str, field: str | None) -> Ruling:
        each = zip(rule.parts, self._prefixes.rows(rule, viewer, action, field), rule.goals, strict=True)
        parts = tuple(Part(text, predicate, tuple(self._asked(goal))) for text, predicate, goal in each)
        return Ruling(rule, parts[-1].upto if parts else TRUE, parts)

    def _asked(self, goal: Goal) -> Iterator[str]:
        """The places of the rules that a goal asks."""
        asked = {(call.rule, len(call.arguments)) for call in calls(goal)}
        yield from (rule.place for rule in self._rules if (rule.name, len(rule.arguments)) in asked)
