"""Checks every place where a value of a sensitive kind leaves the gateway against the rules of its kind (`kinds.polar`).

A sensitive field that's allowed but not denied to the right viewers is rejected, so nobody has to remember to deny it. The rules
are evaluated for every viewer shape that they can distinguish. An exemption names one place and one kind, and gives a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from models.kinds import Kind
from policies.entity import Entity
from policies.evaluation.policy import Policy
from policies.evaluation.reachability import absent_parameters
from policies.evaluation.shapes import distinctions_of, format_shape, shapes_of
from policies.language.source import EXEMPT, NEVER_KIND, Rule
from policies.predicates.predicate import FALSE, TRUE, Predicate, conj, without_parameters
from policies.viewer import COMPANYLESS, Shape

Shown: TypeAlias = tuple[tuple[Entity, Predicate], ...]
"""For each entity, the rows whose value is shown. The value is hidden if any of the predicates is FALSE."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place where values of some kinds leave the gateway: a field of a type, or a parameter of an email.

    Rules guard a field of a policy type, and an ability guards any other field. Nothing guards an email parameter.
    """

    type: str
    field: str
    kinds: frozenset[Kind]
    ability: str | None = None

    def __str__(self) -> str:
        return f"{self.type}.{self.field}"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A filter or order of a connection, the field whose rules guard it, and the kinds of the columns that it reveals."""

    entity: str
    name: str
    guard: str | None
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Violation:
    """A site that shows a value to viewers from whom a rule hides its kind."""

    site: Site
    rule: Rule
    shape: Shape

    def __str__(self) -> str:
        kind = self.rule.arguments[1].literal
        return f"{self.site} holds {kind}, but {format_shape(self.shape)} can read it. {self.rule.place}: {self.rule.comment}"


def kind_problems(policy: Policy, sites: Collection[Site], narrowings: Iterable[Narrowing]) -> Iterator[str]:
    """Yield a message for each site, filter and order that reveals a hidden kind, and for each unneeded exemption."""
    known = {kind for rule in kind_rules(policy) if (kind := rule.arguments[1].literal)}
    for kind in sorted({kind for site in sites for kind in site.kinds} - known):
        yield f"No {NEVER_KIND} rule says whom {kind} is hidden from. Add one to kinds.polar."
    violations = [found for site in sites for rule in rules_of(policy, site) if (found := violation(policy, site, rule))]
    exempt = {exemption(rule): rule for rule in policy.rules if rule.name == EXEMPT}
    for each in violations:
        if _exemption_key(each.site, each.rule) not in exempt:
            yield f"{each}\n{_remedy(policy, each)}"
    needed = {_exemption_key(each.site, each.rule) for each in violations}
    for place, rule in exempt.items():
        if place not in needed:
            yield f"{rule.place}: {'.'.join(place[:2])} doesn't need an exemption from {place[2]}. Remove it."
    yield from _unguarded(sites, narrowings)


def kind_rules(policy: Policy) -> list[Rule]:
    """Return the rules that say whom a kind is hidden from."""
    return [rule for rule in policy.rules if rule.name == NEVER_KIND]


def rules_of(policy: Policy, site: Site) -> list[Rule]:
    """Return the rules for the kinds of a site."""
    return [rule for rule in kind_rules(policy) if rule.arguments[1].literal in site.kinds]


def exempted(policy: Policy, site: Site, rule: Rule) -> bool:
    """Return True if the site is exempt from a rule of a kind."""
    return any(each.name == EXEMPT and exemption(each) == _exemption_key(site, rule) for each in policy.rules)


def _exemption_key(site: Site, rule: Rule) -> tuple[str, str, str]:
    """Return the type, field and kind that an exemption of this site from this rule must name."""
    return site.type, site.field, rule.arguments[1].literal or ""


def exemption(rule: Rule) -> tuple[str, str, str]:
    """Return the type, field and kind that an `exempt` rule names."""
    where, field, kind = (argument.literal or "" for argument in rule.arguments)
    return where, field, kind


def violation(policy: Policy, site: Site, rule: Rule) -> Violation | None:
    """Return a violation for the first viewer shape that the site shows a value to although the rule hides its kind, or None."""
    if _is_always_denied(policy, site, rule):
        return None
    concerned = (shape for shape in shapes(policy, site, rule) if policy.explain(rule, shape, "read") == TRUE)
    return next((Violation(site, rule, shape) for shape in concerned if not _is_hidden(policy, site, shape)), None)


def _is_always_denied(policy: Policy, site: Site, rule: Rule) -> bool:
    """Return True if denials of the field alone cover every viewer that the rule concerns. Avoids the slow check of rows."""
    denials = [
        each
        for each in policy.rules
        if each.name == "deny_field" and each.concerns(site.type, "read") and each.names(site.field)
    ]
    distinguished = shapes_of(distinctions_of([*denials, rule], policy.rules))
    concerned = [shape for shape in distinguished if policy.explain(rule, shape, "read") == TRUE]
    return all(any(policy.explain(each, shape, "read", site.field) == TRUE for each in denials) for shape in concerned)


def shapes(policy: Policy, site: Site, rule: Rule) -> tuple[Shape, ...]:
    """Return all shapes that the rules of a site and of a kind can distinguish."""
    names = {site.type}
    if site.type in policy.catalogue:
        names.add(policy.catalogue[site.type].part_of or site.type)
    guards = [each for each in policy.rules if each.entity in names and each.concerns(each.entity or "", "read")]
    guards += [each for each in policy.rules if len(each.arguments) == 2 and each.arguments[1].literal == site.ability]
    return shapes_of(distinctions_of([*guards, rule], policy.rules))


def shown(policy: Policy, site: Site, shape: Shape) -> Shown:
    """Return the rows for which viewers of a shape see the value of a site."""
    any_entity = next(iter(policy.catalogue))  # no row is involved
    if site.type not in policy.catalogue:
        has = site.ability is None or policy.can(shape, site.ability)
        return ((any_entity, TRUE if has else FALSE),)
    entity = policy.catalogue[site.type]
    decision = policy.decide(shape, entity.name)
    visible = decision.fields[site.field].visible if site.field in decision.fields else FALSE
    own = (entity, conj((decision.rows, visible)))
    if entity.part_of is None:
        return (own,)
    return own, (policy.catalogue[entity.part_of], policy.decide(shape, entity.part_of).rows)


def _is_hidden(policy: Policy, site: Site, shape: Shape) -> bool:
    rows = (predicate for _, predicate in shown(policy, site, shape))
    absent = absent_parameters(shape.kind) if shape.kind in COMPANYLESS else ()
    return any(without_parameters(each, absent) == FALSE for each in rows)


def _remedy(policy: Policy, found: Violation) -> str:
    """Return instructions to fix a violation: the rule to add, or how to guard the site."""
    site, rule = found.site, found.rule
    exemption_hint = f'or exempt it and give the reason: exempt("{site.type}", "{site.field}", "{rule.arguments[1].literal}");'
    if site.type not in policy.catalogue:
        return f"  Guard it with an ability that these viewers don't have, leave the value out, {exemption_hint}"
    files = [each.file for each in policy.rules if each.entity == site.type]
    condition = f" if {' and '.join(rule.parts)}" if rule.parts else ""
    viewer = rule.arguments[0]
    return (
        f"  Add to {files[0] if files else 'its file'}, {exemption_hint}\n"
        f"    # @reason {rule.reason}\n"
        f'    deny_field({viewer}, "read", _row: {site.type}, "{site.field}"){condition};'
    )


def _unguarded(sites: Collection[Site], narrowings: Iterable[Narrowing]) -> Iterator[str]:
    """Yield a message for each filter and order by a column of a kind that its guarding field doesn't have."""
    kinds = {(site.type, site.field): site.kinds for site in sites}
    for each in narrowings:
        for kind in sorted(each.kinds - kinds.get((each.entity, each.guard or ""), frozenset())):
            guard = f"is guarded by {each.guard}, which doesn't have this kind" if each.guard else "isn't guarded by a field"
            yield f"{each.entity}: {each.name} reveals {kind}, but {guard}. Name the field that shows the value."
