"""Reading rows under policy: what a viewer can see of the database, loaded in batches.

Resolvers read through `context.loaders`, an instance of `loaders.Loaders`: every row that it returns has passed policy.

What a viewer may see:
    access                what policy lets one viewer read and do
    masks                 which fields of a row are hidden from the viewer
    records               rows together with the fields that are hidden in them
    redactions            the report of hidden values in a response
    allowed_actions       the actions that the viewer can take on a row now
    lifecycle_conditions  the states in which an action is possible

Loading rows:
    loaders               the loaders of one request: rows, lists, pages and counts
    statements            the SQL statements that they run
    relations             how rows of one type belong to rows of another
    batching              one call of a resolver for all parents of a level

Pages and ids:
    connections           pages of a list
    page_requests         the validated arguments of a page
    filters               filters and sort orders of each type
    cursors               opaque, authenticated cursors
    nodes                 `node` and `nodes`: any object by its global id
    field_sources         batch resolvers that most concepts share
"""
