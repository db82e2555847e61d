# Audit events: who changed, was denied or read what, who looked as whom, and who had decisions explained. Never a value.

# An account administrator reads what its company's own people did and were denied. A43
allow(viewer: Viewer, "read", event: AuditEvent) if
    administers(viewer) and event.actor_company_id = viewer.company_id;

# It reads who has looked at the market as its company, or as somebody in it. V14 A43
allow(viewer: Viewer, "read", event: AuditEvent) if
    administers(viewer) and event.kind = "VIEW_AS" and event.as_company_id = viewer.company_id;

# The operator's staff reads all, what visitors were denied among it. A43
allow(viewer: Viewer, "read", _event: AuditEvent) if operator(viewer);

# Whoever reads an event reads when it was and who it was. People and companies have policies of their own. V14 V18
allow_field(_viewer: Viewer, "read", _event: AuditEvent, field) if
    field in ["at", "kind", "user", "company", "as_user", "as_company", "requests"];

# What was asked, done or denied is for the company of whoever did it: others' edits may be of what is hidden. V14 V21
allow_field(viewer: Viewer, "read", event: AuditEvent, field) if
    close_to_event(viewer, event) and
    field in [
        "action", "type", "changed_fields", "counts", "operation_name", "operation_hash", "policy_hash", "request_id"
    ];
close_to_event(viewer: Viewer, event: AuditEvent) if event.actor_company_id = viewer.company_id;
close_to_event(viewer: Viewer, _event: AuditEvent) if operator(viewer);
