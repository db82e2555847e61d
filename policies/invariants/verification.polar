# Verification: only the operator's reviewers decide, and who submits is the company itself or its partner.

# Only reviewers verify and reject, and only the operator's staff records agreements. R413 R421 A41 V48
never(viewer: Viewer, "verify", _company: Company) if not reviews(viewer);
never(viewer: Viewer, "reject", _company: Company) if not reviews(viewer);
never(viewer: Viewer, "set_distribution_agreement", _company: Company) if not operator(viewer);

# Only account administrators submit, for their own company or one that it manages. A managed account's can't. R409 V73
never(viewer: Viewer, "submit_verification", _company: Company) if not administers(viewer);
never(viewer: Viewer, "submit_verification", _company: Company) if managed(viewer);
never(viewer: Viewer, "submit_verification", company: Company) if
    company.id != viewer.company_id and company.partner_id != viewer.company_id;

# Nobody orders, connects, publishes or creates API keys for a company that isn't verified. R404 A40 V47
never(_viewer: Viewer, "create_api_key", company: Company) if company.verification_status != "VERIFIED";
never(_viewer: Viewer, "create_webhook_endpoint", company: Company) if company.verification_status != "VERIFIED";
never(_viewer: Viewer, "order_port", company: Company) if company.verification_status != "VERIFIED";
never(_viewer: Viewer, "order_port_directly", company: Company) if company.verification_status != "VERIFIED";
never(_viewer: Viewer, "publish_port", company: Company) if company.verification_status != "VERIFIED";
never(_viewer: Viewer, "publish_marketplace_profile", company: Company) if company.verification_status != "VERIFIED";
never(_viewer: Viewer, "connect", port: Port) if company in port.owners and company.verification_status != "VERIFIED";
never(_viewer: Viewer, "publish", port: Port) if company in port.owners and company.verification_status != "VERIFIED";
never(_viewer: Viewer, "approve", approval: OrderApproval) if
    company in approval.owners and company.verification_status != "VERIFIED";

# Others' certificates are for administrators and the operator only, and uploads that aren't used are for their owners only. R409 V64
never(viewer: Viewer, "read", document: Document) if
    document.purpose = "CERTIFICATE" and
    not administers(viewer) and not operator(viewer) and document.user_id != viewer.signed_in_id;
never(viewer: Viewer, "read", document: Document) if
    not administers(viewer) and not writes_products(viewer) and not operator(viewer) and document.user_id != viewer.signed_in_id;
never(viewer: Viewer, "read", document: Document) if
    managed(viewer) and document.company_id != viewer.company_id and document.user_id != viewer.signed_in_id;
never(viewer: Viewer, "read", document: Document) if
    partner(viewer) and document.company_id != viewer.company_id and document.partner_id != viewer.company_id and
    document.user_id != viewer.signed_in_id;
