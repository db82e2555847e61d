"""The schema that each viewer sees: visibility sentences in descriptions, and no parts that the viewer can never use.

`viewer_schemas.ViewerSchemas.of` returns a viewer's schema; start there.
"""
