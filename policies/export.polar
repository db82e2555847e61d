# Exports: files of whole lists. An export has what its asker could read while it was written, so nobody else can read it: not other
# members of the company, its partner or the operator, not even while they view the market as that user.

# A user can read its own exports while it's signed in for the company that it made them for. V14
allow(viewer: Viewer, "read", export: Export) if asked(viewer, export);
asked(viewer: Viewer, export: Export) if
    export.user_id = viewer.signed_in_id and export.company_id = viewer.company_id;

# A program can read the exports that its API key made. V51
asked(viewer: Viewer, export: Export) if
    export.api_key_id = viewer.api_key_id and export.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _export: Export, field) if
    field in [
        "connection", "format", "status", "row_count", "byte_size", "error_code", "url", "created_at", "completed_at",
        "expires_at"
    ];

# Users and programs can cancel their own exports. V14 V51
allow(viewer: Viewer, "cancel", export: Export) if asked(viewer, export);
