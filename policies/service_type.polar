# Service types: the sub-categories of provider types. Everybody may know them. R023

allow(_viewer: Viewer, "read", _type: ServiceType);

allow_field(_viewer: Viewer, "read", _type: ServiceType, field) if
    field in ["code", "label", "provider_type"];
