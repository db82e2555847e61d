"""Decides invariants for every viewer shape that rules can distinguish, every action and field, and every possible row.

A field can be read if its row can and the field is visible. A part has no row rules: it can be read if its whole can, so a query
about a part also needs a row of its whole. An action variable stands for each action in the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from policies.analysis.kinds import Site, exempted, rules_of, shown
from policies.analysis.kinds import shapes as shapes_of_site
from policies.entity import Entity
from policies.evaluation.policy import Policy
from policies.evaluation.shape_memo import ShapeMemo
from policies.evaluation.shapes import distinctions_of, shapes_of
from policies.facts import symbolic_facts
from policies.language.source import FIELD_RULES, NEVER_KIND, Rule
from policies.predicates.masks import compile_predicate
from policies.predicates.predicate import FALSE, TRUE, And, Not, Predicate
from policies.prove.invariants import ALWAYS, NEVER_ABLE, ONLY, Invariant, Invariants, known_fields
from policies.prove.solver import Undecided, solve
from policies.prove.witness import Witness
from policies.viewer import Shape, Viewer

Claims: TypeAlias = tuple[tuple[Entity, Predicate], ...]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A viewer and a row that violate an invariant. There's no row if an ability decides."""

    invariant: Invariant
    shape: Shape
    action: str
    field: str | None
    witness: Witness | None
    rules: tuple[Rule, ...]  # the policy rules at fault: those that allow what's forbidden, or that deny what's required

    @property
    def viewer(self) -> Viewer:
        """The viewer of the counterexample."""
        return Viewer(shape=self.shape) if self.witness is None else self.witness.viewer


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an invariant is proven, for how many shapes, and whether it's void: its condition matches nobody."""

    invariant: Invariant
    shapes: int
    counterexample: Counterexample | None
    is_void: bool

    @property
    def is_proven(self) -> bool:
        """True if the invariant holds and isn't void."""
        return self.counterexample is None and not self.is_void


@dataclass(frozen=True, slots=True)
class _Case:
    """One shape, action and field: the claims that the condition applies, and that it applies but the invariant is violated."""

    shape: Shape
    action: str
    field: str | None
    concerned: Claims
    broken: Claims


class Verification:
    """Decides the invariants of a policy. Never repeats a query that's already proven for the same kind of viewer."""

    def __init__(self, policy: Policy, invariants: Invariants, sites: Collection[Site] = ()) -> None:
        """Create a verification of a policy against its invariants. `sites` holds the fields that kind rules are checked on."""
        self.policy = policy
        self.invariants = invariants
        self._sites = sites
        self._unsatisfiable: set[tuple[str, Claims]] = set()
        self._shape_memo = ShapeMemo()

    def decide(self, invariant: Invariant) -> Verdict:
        """Prove or refute one invariant. Raises Undecided if the solver does neither."""
        cases = {NEVER_ABLE: self._abilities, NEVER_KIND: self._fields_of_kind}.get(invariant.kind, self._cases)(invariant)
        shapes: set[Shape] = set()
        is_void = invariant.kind != NEVER_KIND  # a kind may have no field yet
        for case in cases:
            shapes.add(case.shape)
            witness = self._find_witness(invariant, case.shape, case.broken)
            if witness is not None:
                return Verdict(invariant, len(shapes), self._counterexample(invariant, case, witness), is_void=False)
            is_void = is_void and self._find_witness(invariant, case.shape, case.concerned) is None
        return Verdict(invariant, len(shapes), None, is_void)

    def shapes(self, invariant: Invariant, action: str) -> tuple[Shape, ...]:
        """Return all shapes that the rules of an action and the invariant can distinguish."""
        rule = invariant.rule
        if invariant.kind == NEVER_ABLE:
            rules = [each for each in self.policy.rules if len(each.arguments) == 2 and each.arguments[1].literal == action]
        else:
            entity = self.policy.catalogue[rule.entity or ""]
            rules = [each for each in self.policy.rules if each.concerns(entity.name, action)]
            rules += [each for each in self.policy.rules if entity.part_of and each.concerns(entity.part_of, "read")]
        return shapes_of(distinctions_of([*rules, rule], self.invariants.rules))

    def _cases(self, invariant: Invariant) -> Iterator[_Case]:
        rule = invariant.rule
        entity = self.policy.catalogue[rule.entity or ""]
        for action in self._actions(rule, entity):
            for shape in self.shapes(invariant, action):
                for field, stated in self._conditions(invariant, shape, action):
                    condition = Not(stated) if invariant.kind == ONLY else stated
                    yield self._case(invariant, entity, _Question(shape, action, field, condition))

    def _conditions(self, invariant: Invariant, shape: Shape, action: str) -> Iterator[tuple[str | None, Predicate]]:
        rule, compiler = invariant.rule, self.invariants.compiler
        if not invariant.is_of_fields:
            yield None, self._shape_memo.get((rule, action), shape, lambda facts: compiler.rows(rule, facts, action))
            return
        found = self._shape_memo.get((rule, action), shape, lambda facts: compiler.fields(rule, facts, action))
        for field in invariant.fields or known_fields(self.policy, rule.entity or ""):
            yield field, found.get(field, found.get(None, FALSE))

    def _case(self, invariant: Invariant, entity: Entity, question: _Question) -> _Case:
        concerned: Claims = ((entity, question.condition),)
        if question.condition == FALSE:
            return _Case(question.shape, question.action, question.field, concerned, concerned)
        decision = self.policy.decide(question.shape, entity.name, question.action)
        given, allowed = [question.condition], decision.rows
        if question.field is not None:
            given, allowed = [question.condition, decision.rows], decision.fields[question.field].visible
        wrong: Predicate = Not(allowed) if invariant.kind == ALWAYS else allowed
        broken: Claims = ((entity, _all(*given, wrong)), *self._whole(entity, question.shape))
        return _Case(question.shape, question.action, question.field, concerned, broken)

    def _whole(self, entity: Entity, shape: Shape) -> Claims:
        """Return the claim that a part's whole can be read."""
        if entity.part_of is None:
            return ()
        return ((self.policy.catalogue[entity.part_of], self.policy.decide(shape, entity.part_of).rows),)

    def fields_of_kind(self, rule: Rule) -> list[Site]:
        """Return the fields that a kind rule covers."""
        return [each for each in self._sites if rule in rules_of(self.policy, each) and not exempted(self.policy, each, rule)]

    def _fields_of_kind(self, invariant: Invariant) -> Iterator[_Case]:
        """Yield every field of a kind, for every shape that the rule hides it from."""
        for site in self.fields_of_kind(invariant.rule):
            field = site.field if site.type in self.policy.catalogue else None
            for shape in shapes_of_site(self.policy, site, invariant.rule):
                if self.policy.explain(invariant.rule, shape, "read") == TRUE:
                    claims = shown(self.policy, site, shape)
                    yield _Case(shape, "read" if field else str(site.ability), field, ((claims[0][0], TRUE),), claims)

    def _abilities(self, invariant: Invariant) -> Iterator[_Case]:
        """Yield a case for each shape. An ability involves no row: the shape alone decides the condition and the ability."""
        ability = invariant.rule.arguments[1].literal or ""
        for shape in self.shapes(invariant, ability):
            concerned = self.invariants.compiler.ability(invariant.rule, symbolic_facts(shape))
            any_entity = next(iter(self.policy.catalogue))
            has = concerned and self.policy.can(shape, ability)
            yield _Case(shape, ability, None, ((any_entity, _constant(concerned)),), ((any_entity, _constant(has)),))

    def _actions(self, rule: Rule, entity: Entity) -> tuple[str, ...]:
        """Return the actions that an invariant covers: the one that it names, or every action on its type."""
        stated = rule.arguments[1].literal
        if stated is not None:
            return (stated,)
        return self.policy.catalogue.actions(entity.name)

    def _find_witness(self, invariant: Invariant, shape: Shape, claims: Claims) -> Witness | None:
        key = (shape.kind, claims)  # all viewers of a kind have the same parameters, whatever else is in their shape
        if key in self._unsatisfiable:
            return None
        try:
            found = solve(shape, *claims)
        except Undecided as error:
            raise Undecided(f"{invariant.rule.place}: {error}") from error
        if found is None:
            self._unsatisfiable.add(key)
        return found

    def _counterexample(self, invariant: Invariant, case: _Case, witness: Witness) -> Counterexample:
        if case.field is None and invariant.kind in (NEVER_ABLE, NEVER_KIND):
            rules = tuple(rule for rule in self.policy.rules if self._enables(rule, case))
            return Counterexample(invariant, case.shape, case.action, None, None, rules)
        names = ("deny", "deny_field") if invariant.kind == ALWAYS else ("allow", "allow_field")
        concerned = [
            rule for rule in self.policy.rules if rule.name in names and rule.concerns(case.concerned[0][0].name, case.action)
        ]
        rules = tuple(rule for rule in concerned if self._holds(rule, case, witness))
        return Counterexample(invariant, case.shape, case.action, case.field, witness, rules)

    def _enables(self, rule: Rule, case: _Case) -> bool:
        if rule.name != "ability" or rule.arguments[1].literal != case.action:
            return False
        return self.invariants.compiler.ability(rule, symbolic_facts(case.shape))

    def _holds(self, rule: Rule, case: _Case, witness: Witness) -> bool:
        """Return True if a rule matches the witness."""
        if rule.name in FIELD_RULES and (case.field is None or not rule.names(case.field)):
            return False
        predicate = self.policy.explain(rule, case.shape, case.action, case.field)
        return compile_predicate(predicate)(witness.row, witness.viewer)


@dataclass(frozen=True, slots=True)
class _Question:
    """The inputs of a case."""

    shape: Shape
    action: str
    field: str | None
    condition: Predicate


def _all(*items: Predicate) -> Predicate:
    """Return the unsimplified conjunction: a proof must not rely on the simplification that it checks."""
    return FALSE if FALSE in items else And(items)


def _constant(value: bool) -> Predicate:
    return TRUE if value else FALSE
