"""The policy checked against the catalogue of types and against the schema."""

from __future__ import annotations

import server
from commands.failure import Failure
from policies.analysis.check import Problem, check_texts
from policies.analysis.check import check as problems_of
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from schema.kinds import problems as kind_problems
from schema.schema import guarded_fields, required_fields


def check() -> str:
    """Return how many rules are valid. Raises Failure with the problems of the policy, if it has some."""
    problems = check_texts(server.POLICIES, CATALOGUE)
    if not problems:
        loaded = Policy.load(server.POLICIES, CATALOGUE)
        problems = problems_of(loaded, guarded_fields(), required_fields())
        problems += [Problem(message) for message in kind_problems(loaded)]
    if problems:
        raise Failure("\n".join(problem.message for problem in problems))
    files = {rule.file for rule in loaded.rules}
    return f"{len(loaded.rules)} rules in {len(files)} files are valid; every field of the schema has a rule."
