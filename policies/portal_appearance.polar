# Portal appearance: the name, logo and colours of a company's portal.

# All roles of a company can read how its portal appears. V52
allow(viewer: Viewer, "read", appearance: PortalAppearance) if
    appearance.company_id = viewer.company_id;

# A managed account can read how its partner's portal appears: the account's users see it. V52
allow(viewer: Viewer, "read", appearance: PortalAppearance) if
    managed(viewer) and appearance.company_id = viewer.partner_id;

# The operator can read how every portal appears. V21
allow(viewer: Viewer, "read", _appearance: PortalAppearance) if operator(viewer);

allow_field(_viewer: Viewer, "read", _appearance: PortalAppearance, field) if
    field in [
        "product_name", "logo", "color_scheme", "accent_color", "accent_text_color", "background_color", "text_color",
        "font_family", "border_radius", "density", "locale"
    ];

# Users who can save the appearance can read its version, which they state when they save. V9
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", appearance: PortalAppearance, "version") if
    edits_marketplace(viewer) and appearance.company_id = viewer.company_id;
