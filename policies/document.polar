# Documents: certificates of registration, and documents of private offers. Until something uses one, only its user or the company that
# it was made for can read it.

# Users can read the documents that they uploaded for themselves. V64
allow(viewer: Viewer, "read", document: Document) if
    document.user_id = viewer.signed_in_id;

# Account administrators can read the documents of their company, and of the accounts that it manages. R409 V64 V73
allow(viewer: Viewer, "read", document: Document) if
    administers(viewer) and document.company_id = viewer.company_id;
allow(viewer: Viewer, "read", document: Document) if
    administers(viewer) and partner(viewer) and document.partner_id = viewer.company_id;

# Those who write a company's offers can read the documents that they uploaded for them. Buyers read the offer's own, which joins them.
# R238 V14 V34
allow(viewer: Viewer, "read", document: Document) if
    writes_products(viewer) and document.purpose = "AGREEMENT" and document.company_id = viewer.company_id;
allow(viewer: Viewer, "read", document: Document) if
    writes_products(viewer) and partner(viewer) and document.purpose = "AGREEMENT" and document.partner_id = viewer.company_id;

# The operator can read the certificate of a company that has been submitted. R422
allow(viewer: Viewer, "read", document: Document) if
    operator(viewer) and company in document.certified and company.verification_status != "UNVERIFIED";

# A certificate shows what the company profile shows, so a managed account can read its own only with that. R111 A13
deny(viewer: Viewer, _action, document: Document) if
    managed(viewer) and not viewer.company_profile_shown and document.purpose = "CERTIFICATE" and
    document.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _document: Document, field) if
    field in ["url", "media_type", "bytes", "uploaded_at"];
