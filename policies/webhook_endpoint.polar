# Webhook endpoints: where a company's programs hear of changes. Nobody can read an endpoint's secrets: each is shown once, to the user
# who creates it.

# Account administrators can read the webhook endpoints of their company, and of the accounts that it manages. V14 V52
allow(viewer: Viewer, "read", endpoint: WebhookEndpoint) if handles_webhooks(viewer, endpoint);
handles_webhooks(viewer: Viewer, endpoint: WebhookEndpoint) if
    administers(viewer) and endpoint.company_id = viewer.company_id;
handles_webhooks(viewer: Viewer, endpoint: WebhookEndpoint) if
    administers(viewer) and partner(viewer) and endpoint.partner_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _endpoint: WebhookEndpoint, field) if
    field in [
        "company", "url", "description", "events", "roles", "enabled", "previous_secret_until", "failing_since", "deliveries",
        "version", "created_at"
    ];

# The administrators who can read a webhook endpoint can also change, test and delete it, and give it a new secret. V14 V52
allow(viewer: Viewer, "update", endpoint: WebhookEndpoint) if handles_webhooks(viewer, endpoint);
allow(viewer: Viewer, "delete", endpoint: WebhookEndpoint) if handles_webhooks(viewer, endpoint);
allow(viewer: Viewer, "rotate_secret", endpoint: WebhookEndpoint) if handles_webhooks(viewer, endpoint);
allow(viewer: Viewer, "test", endpoint: WebhookEndpoint) if handles_webhooks(viewer, endpoint);

# A changed address receives what the company can read, so changing an endpoint needs a recent sign-in, and so does a new secret. V66
# @reason RECENT_SIGN_IN_REQUIRED
deny(viewer: Viewer, "update", endpoint: WebhookEndpoint) if
    viewer.sign_in_stale and handles_webhooks(viewer, endpoint);
# @reason RECENT_SIGN_IN_REQUIRED
deny(viewer: Viewer, "rotate_secret", endpoint: WebhookEndpoint) if
    viewer.sign_in_stale and handles_webhooks(viewer, endpoint);
