"""Invariants: what the policy must never, or must always, allow, for any row and any settings. They aren't part of the policy.

Invariants are rules in the policy's language. They're read, linted and compiled like the allow rules with the same conditions:

    never(viewer: Viewer, "read", port: Port, "monthly_rate") if …;    no viewer that matches can read it
    only(viewer: Viewer, "read", offer: Offer) if …;                   no viewer that doesn't match can read it
    always(viewer: Viewer, "read", port: Port) if …;                   every viewer that matches can read it
    never_able(viewer: Viewer, "quote") if …;                          no viewer that matches has the ability

The policy's own `never_kind` rules are invariants too: they cover every field that holds their kind, whichever rule names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from policies.analysis.kinds import kind_rules
from policies.errors import PolicyError
from policies.evaluation.compiler import Compiler
from policies.evaluation.policy import Policy
from policies.language.lint import lint
from policies.language.source import FIELD_RULES, NEVER_KIND, Rule, Text, parse, read_texts
from policies.reason import Reason
from policies.suggestions import hint

FOLDER: Final = "invariants"
NEVER: Final = "never"
ONLY: Final = "only"
ALWAYS: Final = "always"
NEVER_ABLE: Final = "never_able"
_ARITIES: Final = {NEVER: (3, 4), ONLY: (3, 4), ALWAYS: (3, 4), NEVER_ABLE: (2,)}


@dataclass(frozen=True, slots=True)
class Invariant:
    """One invariant: its kind, and its condition as a policy rule."""

    kind: str
    rule: Rule

    @property
    def fields(self) -> tuple[str, ...] | None:
        """The fields that it covers: None for all fields, empty if it covers rows."""
        return self.rule.fields

    @property
    def is_of_fields(self) -> bool:
        """True if it covers fields of visible rows, False if it covers rows."""
        return self.rule.name in FIELD_RULES


class Invariants:
    """The invariants of a policy, and a compiler that knows both them and the policy's rules."""

    def __init__(self, directory: Path, policy: Policy) -> None:
        """Read and check `invariants/*.polar` below the policy's directory. Raises PolicyError, with file and line."""
        written = [(text, parse(text)) for text in _texts(directory / FOLDER)]
        for rule in (rule for _, rules in written for rule in rules):
            _check_head(rule, policy)
        kinds = [rule.name for _, rules in written for rule in rules]
        texts = tuple(_as_policy(text, rules) for text, rules in written)
        parsed = [rule for text in texts for rule in parse(text)]
        reasoned = tuple(replace(rule, reason=Reason.NOT_YOURS) if rule.name == "deny_field" else rule for rule in parsed)
        self.rules = (*policy.rules, *reasoned)
        lint(self.rules, policy.catalogue)
        self.compiler = Compiler((*read_texts(directory), *texts), self.rules, policy.catalogue)
        stated = tuple(Invariant(kind, rule) for kind, rule in zip(kinds, reasoned, strict=True) if kind in _ARITIES)
        for invariant in stated:
            _check_names(invariant, policy)
        self.all = (*stated, *(Invariant(NEVER_KIND, rule) for rule in kind_rules(policy)))

    def __iter__(self) -> Iterator[Invariant]:
        """Iterate over all invariants, by file and line."""
        return iter(self.all)


def known_fields(policy: Policy, entity: str) -> tuple[str, ...]:
    """Return the fields that the policy names for a type, sorted."""
    rules = [rule for rule in policy.rules if rule.name in FIELD_RULES and rule.entity == entity]
    return tuple(sorted({field for rule in rules for field in rule.fields or ()}))


def _texts(folder: Path) -> list[Text]:
    return [Text(f"{FOLDER}/{text.file}", text.content) for text in read_texts(folder)]


def _check_head(rule: Rule, policy: Policy) -> None:
    """Raise PolicyError for an invalid invariant, or for a helper that would change the meaning of the policy's own helpers."""
    if rule.name in _ARITIES:
        if len(rule.arguments) not in _ARITIES[rule.name]:
            wanted = " or ".join(map(str, _ARITIES[rule.name]))
            raise PolicyError(f"{rule.place}: {rule.name} takes {wanted} arguments (got {len(rule.arguments)}).")
        if not rule.comment:
            raise PolicyError(f"{rule.place}: An invariant needs a sentence above it, with its rule numbers.")
    elif any(other.name == rule.name for other in policy.rules):
        raise PolicyError(
            f"{rule.place}: {rule.name} is a rule of the policy. An invariant can call it but can't add to it; rename yours."
        )


def _check_names(invariant: Invariant, policy: Policy) -> None:
    """Raise PolicyError if the invariant names a field that the policy doesn't have."""
    rule = invariant.rule
    for field in rule.fields or ():
        if field not in (known := known_fields(policy, rule.entity or "")):
            raise PolicyError(f"{rule.place}: {rule.entity} has no field {field}. {hint(field, known)}")


def _as_policy(text: Text, rules: tuple[Rule, ...]) -> Text:
    """Replace each invariant's head by that of a policy rule. Works backwards from the end so that offsets stay valid."""
    content = text.content
    for rule in sorted((rule for rule in rules if rule.name in _ARITIES), key=lambda rule: -rule.start):
        content = content[: rule.start] + _policy_rule_name(rule) + content[rule.start + len(rule.name) :]
    return Text(text.file, content)


def _policy_rule_name(rule: Rule) -> str:
    """Return the policy rule name that takes the same arguments. Only a deny_field rule can leave its field open."""
    if rule.name == NEVER_ABLE:
        return "ability"
    if len(rule.arguments) == min(_ARITIES[rule.name]):
        return "allow"
    return "deny_field" if (rule.arguments[-1].name or "").startswith("_") else "allow_field"
