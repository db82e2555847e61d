# Webhooks: where a company's programs hear of changes.

# Only account administrators reach webhook endpoints or create them. No endpoint has that role, so none reaches another. V52
never(viewer: Viewer, _action, _endpoint: WebhookEndpoint) if not administers(viewer);
never(viewer: Viewer, _action, _delivery: WebhookDelivery) if not administers(viewer);
never(viewer: Viewer, "create_webhook_endpoint", _company: Company) if not administers(viewer);

# Nobody reaches the endpoints of a company that it doesn't act for, not even the operator's staff. V14 V52
never(viewer: Viewer, _action, endpoint: WebhookEndpoint) if
    endpoint.company_id != viewer.company_id and endpoint.partner_id != viewer.company_id;
never(viewer: Viewer, _action, delivery: WebhookDelivery) if
    delivery.company_id != viewer.company_id and delivery.partner_id != viewer.company_id;
never(viewer: Viewer, "create_webhook_endpoint", company: Company) if
    company.id != viewer.company_id and company.partner_id != viewer.company_id;

# Nobody says where events go without a recent sign-in. V66
never(viewer: Viewer, "create_webhook_endpoint", _company: Company) if viewer.sign_in_stale;
never(viewer: Viewer, "update", _endpoint: WebhookEndpoint) if viewer.sign_in_stale;
never(viewer: Viewer, "rotate_secret", _endpoint: WebhookEndpoint) if viewer.sign_in_stale;
