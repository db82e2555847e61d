"""Invariants decided: for every shape of viewer that rules can tell apart, every action and field, and every possible row.

A field is read where its row is and the field is visible. A part has no row rule: it is read where its whole can be, so a question
about a part asks for some row of its whole too. An action variable stands for each action that rules name and for one that none does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from policies.entity import Entity
from policies.facts import symbolic
from policies.kinds import Site, exempted, rules_of, shown
from policies.kinds import shapes as shapes_of_site
from policies.masks import compile_predicate
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, And, Not, Predicate
from policies.prove.invariants import ALWAYS, NEVER_ABLE, Invariant, Invariants, known_fields
from policies.prove.solver import Undecided, solve
from policies.prove.witness import Witness
from policies.shapes import mentioned, shapes_of
from policies.source import FIELD_RULES, NEVER_KIND, Rule
from policies.viewer import Shape, Viewer

Claims: TypeAlias = tuple[tuple[Entity, Predicate], ...]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Who may, or may not, do or see what, against an invariant. There is no row where an ability decides."""

    invariant: Invariant
    shape: Shape
    action: str
    field: str | None
    witness: Witness | None
    rules: tuple[Rule, ...]  # those of policy that allow it, where it should not be; those that deny it, where it should

    @property
    def viewer(self) -> Viewer:
        """Who it is."""
        return Viewer(shape=self.shape) if self.witness is None else self.witness.viewer


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an invariant is proven, for how many shapes, and whether its condition is true of anybody at all."""

    invariant: Invariant
    shapes: int
    counterexample: Counterexample | None
    is_void: bool

    @property
    def is_proven(self) -> bool:
        """Whether it holds, and says something."""
        return self.counterexample is None and not self.is_void


@dataclass(frozen=True, slots=True)
class _Case:
    """One shape, action and field: of whom the condition is true, and of whom it is and the invariant is broken."""

    shape: Shape
    action: str
    field: str | None
    concerned: Claims
    broken: Claims


class Verification:
    """Decides invariants of a policy; what is once proven of a kind of viewer is not asked again."""

    def __init__(self, policy: Policy, invariants: Invariants, sites: Collection[Site] = ()) -> None:
        """Take a policy and what is to hold of it. `sites` are the fields of which rules of kinds are proven."""
        self.policy = policy
        self.invariants = invariants
        self._sites = sites
        self._unsatisfiable: set[tuple[str, Claims]] = set()

    def decide(self, invariant: Invariant) -> Verdict:
        """Prove or refute one invariant. Raises Undecided where the solver does neither."""
        cases = {NEVER_ABLE: self._abilities, NEVER_KIND: self._fields_of_kind}.get(invariant.kind, self._cases)(invariant)
        shapes: set[Shape] = set()
        is_void = invariant.kind != NEVER_KIND  # a kind may have no field yet
        for case in cases:
            shapes.add(case.shape)
            witness = self._ask(invariant, case.shape, case.broken)
            if witness is not None:
                return Verdict(invariant, len(shapes), self._counterexample(invariant, case, witness), is_void=False)
            is_void = is_void and self._ask(invariant, case.shape, case.concerned) is None
        return Verdict(invariant, len(shapes), None, is_void)

    def shapes(self, invariant: Invariant, action: str) -> tuple[Shape, ...]:
        """All shapes that the rules of an action and the invariant can tell apart."""
        rule = invariant.rule
        if invariant.kind == NEVER_ABLE:
            asked = [each for each in self.policy.rules if len(each.arguments) == 2 and each.arguments[1].literal == action]
        else:
            entity = self.policy.catalogue[rule.entity or ""]
            asked = [each for each in self.policy.rules if each.concerns(entity.name, action)]
            asked += [each for each in self.policy.rules if entity.part_of and each.concerns(entity.part_of, "read")]
        return shapes_of(mentioned([*asked, rule], self.invariants.rules))

    def _cases(self, invariant: Invariant) -> Iterator[_Case]:
        rule = invariant.rule
        entity = self.policy.catalogue[rule.entity or ""]
        for action in self._actions(rule, entity):
            for shape in self.shapes(invariant, action):
                for field, condition in self._conditions(invariant, shape, action):
                    yield self._case(invariant, entity, _Asked(shape, action, field, condition))

    def _conditions(self, invariant: Invariant, shape: Shape, action: str) -> Iterator[tuple[str | None, Predicate]]:
        rule, facts = invariant.rule, symbolic(shape)
        if not invariant.is_of_fields:
            yield None, self.invariants.compiler.rows(rule, facts, action)
            return
        found = self.invariants.compiler.fields(rule, facts, action)
        for field in invariant.fields or known_fields(self.policy, rule.entity or ""):
            yield field, found.get(field, found.get(None, FALSE))

    def _case(self, invariant: Invariant, entity: Entity, asked: _Asked) -> _Case:
        concerned: Claims = ((entity, asked.condition),)
        if asked.condition == FALSE:
            return _Case(asked.shape, asked.action, asked.field, concerned, concerned)
        decision = self.policy.decide(asked.shape, entity.name, asked.action)
        given, said = [asked.condition], decision.rows
        if asked.field is not None:
            given, said = [asked.condition, decision.rows], decision.fields[asked.field].visible
        wrong: Predicate = Not(said) if invariant.kind == ALWAYS else said
        broken: Claims = ((entity, _all(*given, wrong)), *self._whole(entity, asked.shape))
        return _Case(asked.shape, asked.action, asked.field, concerned, broken)

    def _whole(self, entity: Entity, shape: Shape) -> Claims:
        """What has to be read for a part to be read."""
        if entity.part_of is None:
            return ()
        return ((self.policy.catalogue[entity.part_of], self.policy.decide(shape, entity.part_of).rows),)

    def fields_of_kind(self, rule: Rule) -> list[Site]:
        """The fields that a rule of a kind is about."""
        return [each for each in self._sites if rule in rules_of(self.policy, each) and not exempted(self.policy, each, rule)]

    def _fields_of_kind(self, invariant: Invariant) -> Iterator[_Case]:
        """Every field of a kind, for every shape from which the rule hides it."""
        for site in self.fields_of_kind(invariant.rule):
            field = site.field if site.type in self.policy.catalogue else None
            for shape in shapes_of_site(self.policy, site, invariant.rule):
                if self.policy.explain(invariant.rule, shape, "read") == TRUE:
                    claims = shown(self.policy, site, shape)
                    yield _Case(shape, "read" if field else str(site.ability), field, ((claims[0][0], TRUE),), claims)

    def _abilities(self, invariant: Invariant) -> Iterator[_Case]:
        """An ability is of no row: a condition is true or false of a shape, and so is the ability."""
        ability = invariant.rule.arguments[1].literal or ""
        for shape in self.shapes(invariant, ability):
            concerned = self.invariants.compiler.ability(invariant.rule, symbolic(shape))
            nothing = next(iter(self.policy.catalogue))
            has = concerned and self.policy.can(shape, ability)
            yield _Case(shape, ability, None, ((nothing, _constant(concerned)),), ((nothing, _constant(has)),))

    def _actions(self, rule: Rule, entity: Entity) -> tuple[str, ...]:
        """The actions that an invariant is about: the one that it names, or each action on its type."""
        stated = rule.arguments[1].literal
        if stated is not None:
            return (stated,)
        return self.policy.catalogue.actions(entity.name)

    def _ask(self, invariant: Invariant, shape: Shape, claims: Claims) -> Witness | None:
        key = (shape.kind, claims)  # a kind of viewer has the same keys, whatever else its shape is
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
        return self.invariants.compiler.ability(rule, symbolic(case.shape))

    def _holds(self, rule: Rule, case: _Case, witness: Witness) -> bool:
        """Whether a rule is true of the witness."""
        if rule.name in FIELD_RULES and (case.field is None or not rule.names(case.field)):
            return False
        predicate = self.policy.explain(rule, case.shape, case.action, case.field)
        return compile_predicate(predicate)(witness.row, witness.viewer)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a case is made of."""

    shape: Shape
    action: str
    field: str | None
    condition: Predicate


def _all(*items: Predicate) -> Predicate:
    """All of them, as they are: what is to be proven is not simplified by what is to be trusted."""
    return FALSE if FALSE in items else And(items)


def _constant(value: bool) -> Predicate:
    return TRUE if value else FALSE
