"""Reviews of products: what the machine checks, how a request is decided, and what publication does.

- `controls`: what the machine checks about a change request (V27).
- `publication`: what publishing a revision and changing a visibility do to a product (V28, V60).
- `locking`: how a request and its product are locked, so that each is decided once.
- `decisions`: what an approval puts in force, what a failed request says, and who is notified (V26-V28).
- `jobs`: what the worker does: the machine's decisions, approvals that end, and deleted products that go (V26, R321, R263).
"""
