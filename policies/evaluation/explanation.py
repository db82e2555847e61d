"""How the policy reaches a decision: the rules that apply to a viewer shape, with the parts of each and what they ask of a row.

Nothing here decides. An explanation is compiled from the rules like a decision, and a property test checks that both reach the
same verdict for every row. Evaluating its predicates reveals booleans, never a value of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from policies.entity import Entity
from policies.evaluation.compiler import Prefixes
from policies.facts import Facts
from policies.language.source import Rule
from policies.language.syntax import Goal, calls
from policies.predicates.predicate import TRUE, Constant, Predicate
from policies.reason import Reason

Holds = Callable[[Predicate], bool]
"""Returns True if a predicate matches the row and the viewer in question."""

ALLOW: Final = "ALLOW"
DENY: Final = "DENY"


@dataclass(frozen=True, slots=True)
class Part:
    """A condition of a rule as written. `prefix_condition` matches the rows that satisfy it and all parts before it.

    `rules` holds the places of the rules that it calls.
    """

    text: str
    prefix_condition: Predicate
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule that applies to a decision, and the rows that it matches."""

    rule: Rule
    condition: Predicate
    parts: tuple[Part, ...]

    @property
    def effect(self) -> Literal["ALLOW", "DENY"]:
        """The effect of the rule on rows that match."""
        return DENY if self.rule.name.startswith("deny") else ALLOW

    def failing(self, holds: Holds) -> Part | None:
        """Return the first part that doesn't hold, or None if all do."""
        return next((part for part in self.parts if not holds(part.prefix_condition)), None)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a decision: some rule allows and none denies. `default_reason` applies if no denial gives a reason."""

    rulings: tuple[Ruling, ...]
    default_reason: Reason

    def refusal(self, holds: Holds) -> Reason | None:
        """Return the reason for refusal, or None if allowed."""
        matching = [ruling for ruling in self.rulings if holds(ruling.condition)]
        denials = [ruling for ruling in matching if ruling.effect == DENY]
        if len(denials) == 0 < len(matching):
            return None
        return next((ruling.rule.reason for ruling in denials if ruling.rule.reason), self.default_reason)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on a row, with a reason if it's refused."""

    allowed: bool
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision for the viewers of a shape: the stage of the row, then that of its field if it concerns one."""

    stages: tuple[Stage, ...]

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """The rules that apply: to the row, then to its field, each in file order."""
        return tuple(ruling for stage in self.stages for ruling in stage.rulings)

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        """The predicates to evaluate on a row to get the verdict and the failing parts. Constants are left out."""
        conditions = [part.prefix_condition for ruling in self.rulings for part in ruling.parts]
        return tuple(dict.fromkeys(condition for condition in conditions if not isinstance(condition, Constant)))

    def verdict(self, holds: Holds) -> Verdict:
        """Return the decision on a row."""
        refusals = (stage.refusal(holds) for stage in self.stages)
        reason = next((refusal for refusal in refusals if refusal is not None), None)
        return Verdict(reason is None, reason)


class Explainer:
    """Builds explanations from the rules of one policy."""

    def __init__(self, rules: tuple[Rule, ...], prefixes: Prefixes) -> None:
        self._rules = rules
        self._prefixes = prefixes

    def stage(
        self,
        viewer: Facts,
        names: Collection[str],
        entity: Entity,
        action: str,
        default_reason: Reason | None,
        field: str | None = None,
    ) -> Stage:
        """Build the stage of these rules, for one `field` if given. Without `default_reason`, the reason of an allow rule is used."""
        rules = [rule for rule in self._rules if rule.name in names and rule.concerns(entity.name, action)]
        rulings = tuple(self._ruling(rule, viewer, action, field) for rule in rules if field is None or rule.names(field))
        allow_reasons = (rule.reason for rule in rules if rule.name == "allow" and rule.reason)
        return Stage(rulings, default_reason or next(allow_reasons, Reason.NOT_YOURS))

    def _ruling(self, rule: Rule, viewer: Facts, action: str, field: str | None) -> Ruling:
        each = zip(rule.parts, self._prefixes.rows(rule, viewer, action, field), rule.goals, strict=True)
        parts = tuple(Part(text, predicate, tuple(self._called_rules(goal))) for text, predicate, goal in each)
        return Ruling(rule, parts[-1].prefix_condition if parts else TRUE, parts)

    def _called_rules(self, goal: Goal) -> Iterator[str]:
        """Yield the places of the rules that a goal calls."""
        called = {(call.rule, len(call.arguments)) for call in calls(goal)}
        yield from (rule.place for rule in self._rules if (rule.name, len(rule.arguments)) in called)
