"""Breadth-first execution: an operation is compiled once into a plan, which resolves each field once for all parents of a level.

The entry point is `plans.PlanRunner`.

From the request to its answer:
    plans               the cache of plans, and the way from a request to its answer
    roots               the root fields of a query, and documents that request some of them alone
    conditions          the variables whose values select a plan of their own
    variables           the values that a request passes for its variables

Building a plan:
    planner             walks the selections once, and decides for each field how to get its values
    field_planner       the planner's interface for the two modules below
    joined_rows         fields that are other rows
    connections         fields that are pages of other rows
    field_sites         what the planner knows of a field
    values              code that completes values of rows and objects
    codegen             the namespace of generated code

Parts of a plan:
    object_builders     generated code that builds the response's objects from rows, and the run of one request
    rows                the columns, masks and joined rows that a statement has to read
    lookups             the statements
    children            what an object builder awaits: further rows, pages, objects by id, values of batch resolvers
    failures            errors that a plan reports itself, at their places
    redaction_tracking  where a response can have hidden values

graphql-core is the reference, and answers every root field that a plan can't: `NotPlannable` or any other exception hands it over.
Only queries are planned, so that no effect happens twice.
"""
