"""Breadth-first execution: an operation is compiled once into a plan, which resolves each field once for all parents of a level.

From the request to its answer:
    plans        the cache of plans, and the way from a request to its answer
    roots        the root fields of a query, and documents that ask for some of them alone
    conditions   the variables for whose values an operation has plans of its own
    variables    what a request gives for its variables

Making a plan:
    planner      walks the selections once, and decides for each field how its values are come by
    places       what is known of a field while that is decided
    related      fields that are other rows
    connections  fields that are pages of other rows
    values       code that completes what stands in a row or an object
    names        the namespace of the generated code

What a plan is made of:
    shapes       generated code that makes the response's objects from rows, and the run of one request
    rows         which columns, masks and joined rows a statement has to read
    lookups      the statements
    children     what a shape waits for: further rows, pages, things by id, whatever a batch resolver gives
    failures     errors that a plan tells itself, in their places
    watches      where hidden values stand in a response

Whatever a plan cannot do runs on graphql-core, which is the reference: `Unplanned` and any other exception leave a root field to it.
Only queries are planned, so that nothing happens twice.
"""
