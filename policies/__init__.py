"""The policy: rules in `.polar` files, compiled once for each viewer shape into predicates over rows.

Entry point: `policy.Policy`, which loads the rules and answers `decide`, `can` and `explanation`.

- Rules: `source`, `tokens`, `syntax` and `rule_parts` parse them; `lint`, `scope` and `vocabulary` reject what can't be trusted.
- Compilation: `compiler` (Oso) and `residual` turn rules into predicates (`predicate`, `condition_tree`, `implication`).
- Use: `sql` and `masks` turn predicates into SQL and Python; `catalogue` and `entity` list the types that rules can name.
- Insight: `explanation`, `matrix`, `changes`, `reachability`, `sentences`, `coverage` and `check` say what the policy means.
- `prove`: proofs of invariants with an SMT solver. `verdicts` compares the compiled policy with Oso's own evaluation.
"""
