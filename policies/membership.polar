# Memberships: who belongs to a company, and with which roles.

# Every role reads the members of its company. V23
allow(viewer: Viewer, "read", membership: Membership) if
    membership.company_id = viewer.company_id;

# A partner reads the members of the companies that it manages. V14 V21
allow(viewer: Viewer, "read", membership: Membership) if
    partner(viewer) and membership.partner_id = viewer.company_id;

# The operator reads all. V21
allow(viewer: Viewer, "read", _membership: Membership) if operator(viewer);

allow_field(_viewer: Viewer, "read", _membership: Membership, field) if
    field in ["user", "company", "roles", "created_at"];

# Account administrators of its partner, and the operator's support, look at the market as a user of an account would see it. V14 A43
allow(viewer: Viewer, "view_as", membership: Membership) if
    partner(viewer) and administers(viewer) and membership.partner_id = viewer.company_id;
allow(viewer: Viewer, "view_as", _membership: Membership) if supports(viewer);

# What is decided for a user is explained to the same administrators, and to the operator's staff. V14 A43
allow(viewer: Viewer, "explain", membership: Membership) if
    partner(viewer) and administers(viewer) and membership.partner_id = viewer.company_id;
allow(viewer: Viewer, "explain", _membership: Membership) if operator(viewer);
