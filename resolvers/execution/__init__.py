"""Breadth-first execution: an operation is compiled once into a plan, which resolves each field once for all parents of a level.

    operation   what is asked: the document's fragments, variables and conditions
    planner     walks the selections once, and decides for each field how its values are come by
    rows        which columns, masks and joined rows a statement has to read
    shapes      generated code that makes the response's objects from rows
    children    what a shape waits for: further rows, pages, things by id, whatever a batch resolver gives
    watches     where hidden values stand in a response
    plans       the cache of plans, and the way from a request to its answer

Whatever a plan cannot do, and every request in which something goes wrong, runs on graphql-core, which is the reference:
`Unplanned` and any other exception end a plan without an answer. Only queries are planned, so that nothing happens twice.
"""
