"""Holds every place where a value of a sensitive kind leaves the gateway to the rules of its kind (`kinds.polar`).

A field that is merely allowed, and hidden from nobody, is refused here, so nobody has to remember to deny it. The rules are asked of
every shape of viewer that they can tell apart. An exemption names one place and one kind, and has a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from models.kinds import Kind
from policies.entity import Entity
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, Predicate, conj, without_conditions
from policies.shapes import mentioned, shapes_of, spell
from policies.source import EXEMPT, NEVER_KIND, Rule
from policies.viewer import ANONYMOUS, PARAMETERS, SETS, Shape

Shown: TypeAlias = tuple[tuple[Entity, Predicate], ...]
"""The rows, of each entity, of which a value is shown. It's hidden if there is no such row of one of them."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place where values of some kinds leave the gateway: a field of a type, or a parameter of a mail.

    A field of a type of policy is guarded by its rules, another one by an ability, and a parameter of a mail by nothing.
    """

    type: str
    field: str
    kinds: frozenset[Kind]
    ability: str | None = None

    def __str__(self) -> str:
        return f"{self.type}.{self.field}"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A filter or an order of a connection: the field whose rules guard it, and the kinds of the columns that it tells about."""

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
        return f"{self.site} holds {kind}, and {spell(self.shape)} can read it. {self.rule.place}: {self.rule.comment}"


def kind_problems(policy: Policy, sites: Collection[Site], narrowings: Iterable[Narrowing]) -> Iterator[str]:
    """Each site, filter and order that tells what its kind hides, and each exemption that exempts nothing."""
    known = {kind for rule in kind_rules(policy) if (kind := rule.arguments[1].literal)}
    for kind in sorted({kind for site in sites for kind in site.kinds} - known):
        yield f"no {NEVER_KIND} rule says from whom {kind} is hidden"
    broken = [found for site in sites for rule in rules_of(policy, site) if (found := violation(policy, site, rule))]
    exempt = {exemption(rule): rule for rule in policy.rules if rule.name == EXEMPT}
    for each in broken:
        if _place(each.site, each.rule) not in exempt:
            yield f"{each}\n{_remedy(policy, each)}"
    needed = {_place(each.site, each.rule) for each in broken}
    for place, rule in exempt.items():
        if place not in needed:
            yield f"{rule.place}: {'.'.join(place[:2])} needs no exemption from {place[2]}: remove it"
    yield from _unguarded(sites, narrowings)


def kind_rules(policy: Policy) -> list[Rule]:
    """The rules that say from whom a kind is hidden."""
    return [rule for rule in policy.rules if rule.name == NEVER_KIND]


def rules_of(policy: Policy, site: Site) -> list[Rule]:
    """The rules of the kinds of a site."""
    return [rule for rule in kind_rules(policy) if rule.arguments[1].literal in site.kinds]


def exempted(policy: Policy, site: Site, rule: Rule) -> bool:
    """Whether an exemption excuses a site from a rule of a kind."""
    return any(each.name == EXEMPT and exemption(each) == _place(site, rule) for each in policy.rules)


def _place(site: Site, rule: Rule) -> tuple[str, str, str]:
    """What an exemption of a site from a rule of a kind has to name."""
    return site.type, site.field, rule.arguments[1].literal or ""


def exemption(rule: Rule) -> tuple[str, str, str]:
    """The type, field and kind that an `exempt` rule names."""
    where, field, kind = (argument.literal or "" for argument in rule.arguments)
    return where, field, kind


def violation(policy: Policy, site: Site, rule: Rule) -> Violation | None:
    """The first shape of viewer that may not see a kind, and to which a site shows it."""
    if _is_always_denied(policy, site, rule):
        return None
    told = (shape for shape in shapes(policy, site, rule) if policy.explain(rule, shape, "read") == TRUE)
    return next((Violation(site, rule, shape) for shape in told if not _is_hidden(policy, site, shape)), None)


def _is_always_denied(policy: Policy, site: Site, rule: Rule) -> bool:
    """Whether denials of the field alone cover all whom a rule is about. Rows are then not asked, which would take long."""
    denials = [
        each
        for each in policy.rules
        if each.name == "deny_field" and each.concerns(site.type, "read") and each.names(site.field)
    ]
    told = shapes_of(mentioned([*denials, rule], policy.rules))
    meant = [shape for shape in told if policy.explain(rule, shape, "read") == TRUE]
    return all(any(policy.explain(each, shape, "read", site.field) == TRUE for each in denials) for shape in meant)


def shapes(policy: Policy, site: Site, rule: Rule) -> tuple[Shape, ...]:
    """All shapes that the rules of a site and of a kind can tell apart."""
    names = {site.type}
    if site.type in policy.catalogue:
        names.add(policy.catalogue[site.type].part_of or site.type)
    guards = [each for each in policy.rules if each.entity in names and each.concerns(each.entity or "", "read")]
    guards += [each for each in policy.rules if len(each.arguments) == 2 and each.arguments[1].literal == site.ability]
    return shapes_of(mentioned([*guards, rule], policy.rules))


def shown(policy: Policy, site: Site, shape: Shape) -> Shown:
    """The rows of which viewers of a shape are shown a site's value."""
    nothing = next(iter(policy.catalogue))
    if site.type not in policy.catalogue:
        has = site.ability is None or policy.can(shape, site.ability)
        return ((nothing, TRUE if has else FALSE),)
    entity = policy.catalogue[site.type]
    decision = policy.decide(shape, entity.name)
    visible = decision.fields[site.field].visible if site.field in decision.fields else FALSE
    own = (entity, conj((decision.rows, visible)))
    if entity.part_of is None:
        return (own,)
    return own, (policy.catalogue[entity.part_of], policy.decide(shape, entity.part_of).rows)


def _is_hidden(policy: Policy, site: Site, shape: Shape) -> bool:
    rows = (predicate for _, predicate in shown(policy, site, shape))
    return any((without_conditions(each, (*PARAMETERS, *SETS)) if shape == ANONYMOUS.shape else each) == FALSE for each in rows)


def _remedy(policy: Policy, found: Violation) -> str:
    """What to add: the rule that hides the field, or how to guard it."""
    site, rule = found.site, found.rule
    otherwise = f'or exempt it, with a reason: exempt("{site.type}", "{site.field}", "{rule.arguments[1].literal}");'
    if site.type not in policy.catalogue:
        return f"  Guard it with an ability that these viewers don't have, leave the value out, {otherwise}"
    files = [each.file for each in policy.rules if each.entity == site.type]
    condition = f" if {' and '.join(rule.parts)}" if rule.parts else ""
    viewer = rule.arguments[0]
    return (
        f"  Add to {files[0] if files else 'its file'}, {otherwise}\n"
        f"    # @reason {rule.reason}\n"
        f'    deny_field({viewer}, "read", _row: {site.type}, "{site.field}"){condition};'
    )


def _unguarded(sites: Collection[Site], narrowings: Iterable[Narrowing]) -> Iterator[str]:
    """Filters and orders by columns of a kind that the field which guards them doesn't have."""
    kinds = {(site.type, site.field): site.kinds for site in sites}
    for each in narrowings:
        for kind in sorted(each.kinds - kinds.get((each.entity, each.guard or ""), frozenset())):
            guard = f"is guarded by {each.guard}, which doesn't" if each.guard else "is guarded by no field"
            yield f"{each.entity}: {each.name} tells {kind}, and {guard}: name the field that shows it"
