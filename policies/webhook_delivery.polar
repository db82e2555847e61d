# Webhook deliveries: the events of an endpoint, and how sending them went. A delivery has no payload.

# Those who run a webhook endpoint can read its deliveries. V14 V52
allow(viewer: Viewer, "read", delivery: WebhookDelivery) if handles_deliveries(viewer, delivery);
handles_deliveries(viewer: Viewer, delivery: WebhookDelivery) if
    administers(viewer) and delivery.company_id = viewer.company_id;
handles_deliveries(viewer: Viewer, delivery: WebhookDelivery) if
    administers(viewer) and partner(viewer) and delivery.partner_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _delivery: WebhookDelivery, field) if
    field in ["event", "status", "attempts", "response_status", "last_error", "next_attempt_at", "created_at"];

# They can have an event sent again. V14 V52
allow(viewer: Viewer, "replay", delivery: WebhookDelivery) if handles_deliveries(viewer, delivery);
