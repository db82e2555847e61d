"""`crossgate policy check`: hold the policy against what it may look at and against the schema."""

from __future__ import annotations

import typer

import server
from commands.failure import Failure
from policies.catalogue import CATALOGUE
from policies.check import Problem, check_texts
from policies.check import check as problems_of
from policies.policy import Policy
from schema.kinds import problems as kind_problems
from schema.schema import guarded_fields, required_fields


def check() -> None:
    """Find rules that can't be trusted or never apply, fields without a rule, and sensitive fields that their kind doesn't hide."""
    found = check_texts(server.POLICIES, CATALOGUE)
    if not found:
        loaded = Policy.load(server.POLICIES, CATALOGUE)
        found = problems_of(loaded, guarded_fields(), required_fields())
        found += [Problem(message) for message in kind_problems(loaded)]
    if found:
        raise Failure("\n".join(problem.message for problem in found))
    files = {rule.file for rule in loaded.rules}
    typer.echo(f"{len(loaded.rules)} rules in {len(files)} files can be trusted; every field of the schema has one.")
