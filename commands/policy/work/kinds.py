"""The page of sensitive data: its kinds, who can't see each, the fields of each kind, and the exemptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from models.kinds import Kind
from policies.analysis.kinds import exempted, exemption, kind_rules
from policies.evaluation.policy import Policy
from policies.language.source import EXEMPT, Rule
from resolvers.values.text import camel
from schema.kinds import sites

NAME: Final = "sensitive-data.md"
INTRODUCTION: Final = """\
# Sensitive data

Prices, addresses, telephone numbers, bank accounts and secrets are hidden by their kind. A field has the kinds of its type and of its
columns ([models/kinds.py](../../models/kinds.py)). [policies/kinds.polar](../../policies/kinds.polar) says which viewers a kind is
hidden from. The gateway doesn't start while a field, filter, order, file or mail shows a kind to one of them, and
`crossgate policy prove` proves that none does, for every viewer and row. `crossgate policy kinds` prints this page.
"""


def sensitive_data(policy: Policy) -> str:
    """Return the page as Markdown."""
    exemptions = [rule for rule in policy.rules if rule.name == EXEMPT]
    parts = [INTRODUCTION, *(_section(policy, kind) for kind in Kind), _exemptions(exemptions)]
    return "\n".join(parts)


def _section(policy: Policy, kind: Kind) -> str:
    rules = [rule for rule in kind_rules(policy) if rule.arguments[1].literal == kind]
    hidden = "\n".join(f"- {rule.comment} (`{rule.text}`)" for rule in rules)
    fields = ", ".join(_fields_of_kind(policy, kind, rules)) or "none yet."
    return f"## {kind}\n\n{hidden}\n\nFields: {fields}\n"


def _fields_of_kind(policy: Policy, kind: Kind, rules: list[Rule]) -> Iterator[str]:
    """Yield the fields of a kind, sorted by name."""
    for site in sorted(sites(), key=str):
        if kind in site.kinds:
            exempt = " (exempt)" if any(exempted(policy, site, rule) for rule in rules) else ""
            yield f"`{site.type}.{camel(site.field)}`{exempt}"


def _exemptions(rules: list[Rule]) -> str:
    rows = "\n".join(
        f"| `{where}.{camel(field)}` | {kind} | {rule.comment} |" for rule in rules for where, field, kind in [exemption(rule)]
    )
    return f"## Exemptions\n\n| field | kind | why |\n|---|---|---|\n{rows}\n"
