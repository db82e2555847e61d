"""The policy: rules in `.polar` files, compiled once for each viewer shape into predicates over rows.

Entry point: `evaluation.policy.Policy`, which loads the rules and answers `decide`, `can` and `explanation`.

- `language` parses the files and rejects rules that can't be trusted.
- `evaluation` compiles rules into decisions, and `predicates` turns decisions into SQL and Python.
- `analysis` describes and checks the policy as a whole; `prove` proves invariants with an SMT solver and compares policies.
- `catalogue` and `entity` list the types that rules can name; `viewer`, `facts` and `reason` are what rules see and say.
"""
