"""Evaluation: turns rules into decisions for viewers.

Entry point: `policy.Policy`, which answers `decide`, `can` and `explanation`.

- `compiler` (Oso) and `residual` turn the rules into predicates for one viewer shape; `decision` is the result.
- `shapes` and `shape_memo` find the viewers that rules can't distinguish, so each shape is compiled once.
- `explanation` says which rules decided; `reachability` says what a viewer could read at most; `reloading` loads changed files.
"""
