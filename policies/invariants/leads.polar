# Leads: who reads them and who works on them.

# Only those who write a company's products, its partner's, and the operator meet its leads. Nobody meets its own request again. V40
only(viewer: Viewer, _action, lead: Lead) if concerned_with_lead(viewer, lead);
concerned_with_lead(viewer: Viewer, _lead: Lead) if operator(viewer);
concerned_with_lead(viewer: Viewer, lead: Lead) if writes_products(viewer) and lead.company_id = viewer.company_id;
concerned_with_lead(viewer: Viewer, lead: Lead) if
    writes_products(viewer) and partner(viewer) and lead.partner_id = viewer.company_id;

# The operator only reads. V40
never(viewer: Viewer, action, _lead: Lead) if action != "read" and operator(viewer);
