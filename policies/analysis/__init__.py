"""Analysis: what the policy as a whole means, for people and for checks.

Entry point: `check.check`, which `crossgate policy check` runs.

- `check` and `kinds` reject a policy that is incomplete or that shows sensitive values.
- `matrix`, `sentences` and `viewer_classes` describe in English who sees what.
- `coverage` records which rules the tests exercise; `verdicts` compares the compiled policy with Oso's own evaluation.
"""
