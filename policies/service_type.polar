# Service types: the subcategories of provider types. Everyone can read them. R023

allow(_viewer: Viewer, "read", _type: ServiceType);

allow_field(_viewer: Viewer, "read", _type: ServiceType, field) if
    field in ["code", "label", "provider_type"];
