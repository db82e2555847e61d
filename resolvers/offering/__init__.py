"""Private offers: what their terms are, what publication needs, and what becomes of them in time.

- `terms`: reads and stores what an offer says (R226-R237, V61).
- `controls`: what publication needs, all at once (V34).
- `availability`: which products can be offered, and how long a deleted product stays (A24, R263).
- `leads`: whom a seller knows from its leads, and which ones have bought (V40, V56).
- `locking`: how an offer or an agreement and its product are locked.
- `jobs`: what the worker does: offers that expire and agreements that end (V5, V38, V41).
"""
