# Revisions of products: what a seller writes before the operator and then everyone can read it. V29

# A seller can read the revisions of its products. V23 V29
allow(viewer: Viewer, "read", revision: ProductRevision) if
    revision.company_id = viewer.company_id;

# A partner can read those of the companies that it manages. V14 V29
allow(viewer: Viewer, "read", revision: ProductRevision) if
    partner(viewer) and revision.partner_id = viewer.company_id;

# The operator can read every revision. R308 V29
allow(viewer: Viewer, "read", _revision: ProductRevision) if operator(viewer);

allow_field(_viewer: Viewer, "read", _revision: ProductRevision, field) if
    field in [
        "product", "number", "status", "title", "summary", "description", "categories", "highlights", "keywords", "logo", "slug",
        "supports", "related_products", "customer_references", "visibility", "auto_publish", "created_at", "submitted_at",
        "approved_at", "published_at", "publish_by"
    ];

# Account administrators and Marketplace editors of the seller, and of its partner, submit and publish. R308 R318 V14 V31
allow(viewer: Viewer, "submit", revision: ProductRevision) if writes_revision(viewer, revision);
allow(viewer: Viewer, "publish", revision: ProductRevision) if writes_revision(viewer, revision);
writes_revision(viewer: Viewer, revision: ProductRevision) if
    writes_products(viewer) and revision.company_id = viewer.company_id;
writes_revision(viewer: Viewer, revision: ProductRevision) if
    writes_products(viewer) and partner(viewer) and revision.partner_id = viewer.company_id;

# They can read its version, which they state when they revise it. V72
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", revision: ProductRevision, "version") if writes_revision(viewer, revision);
