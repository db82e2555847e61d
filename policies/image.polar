# Images: the logos of Marketplace profiles.

# Everyone can read the logo of a public profile. R006 R010
allow(_viewer: Viewer, "read", image: Image) if
    profile in image.profiles and profile.visibility = "PUBLIC";

# A company can read its own images. V9
allow(viewer: Viewer, "read", image: Image) if
    image.company_id = viewer.company_id;

# A partner can read the images of the companies that it manages. A9
allow(viewer: Viewer, "read", image: Image) if
    partner(viewer) and image.partner_id = viewer.company_id;

# The operator can read every image.
allow(viewer: Viewer, "read", _image: Image) if operator(viewer);

# A managed account can never read its own images: they are part of its Marketplace profile. R002 R116
deny(viewer: Viewer, _action, image: Image) if
    managed(viewer) and image.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _image: Image, field) if
    field in ["url", "width", "height", "media_type", "is_recommended_size"];
