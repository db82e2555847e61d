"""Strawberry extensions: planned execution, auditing, previews and introspection. `schema.schema.make_schema` takes them in order.

- `runner`: runs the extensions of an operation
- `planned_execution`: answers operations that have a plan; graphql-core answers the others
- `auditing` and `audited_fields`: record each result in the audit log
- `settings_preview` and `preview_splitting`: run `previewSettings` as separate operations
- `viewer_introspection`: answers introspection with the viewer's own schema
"""
