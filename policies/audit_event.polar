# Audit events: who changed or read what, what was denied, who viewed as another user, who had decisions explained. Never a value.

# An account administrator can read what the users of its own company did and were denied. A43
allow(viewer: Viewer, "read", event: AuditEvent) if
    administers(viewer) and event.actor_company_id = viewer.company_id;

# An account administrator can read who viewed the market as its company or as one of its users. V14 A43
allow(viewer: Viewer, "read", event: AuditEvent) if
    administers(viewer) and event.kind = "VIEW_AS" and event.as_company_id = viewer.company_id;

# The operator's staff can read every event, including what visitors were denied. A43
allow(viewer: Viewer, "read", _event: AuditEvent) if operator(viewer);

# Anyone who can read an event can read when it happened and who acted. Users and companies have their own policies. V14 V18
allow_field(_viewer: Viewer, "read", _event: AuditEvent, field) if
    field in ["at", "kind", "user", "company", "as_user", "as_company", "requests"];

# Only the actor's company and the operator can read what was done or denied: it may concern data hidden from others. V14 V21
allow_field(viewer: Viewer, "read", event: AuditEvent, field) if
    close_to_event(viewer, event) and
    field in [
        "action", "type", "changed_fields", "counts", "operation_name", "operation_hash", "policy_hash", "request_id",
        "external_user"
    ];
close_to_event(viewer: Viewer, event: AuditEvent) if event.actor_company_id = viewer.company_id;
close_to_event(viewer: Viewer, _event: AuditEvent) if operator(viewer);
