# Provider types: the catalogue of service categories. Everyone can read it. A5

allow(_viewer: Viewer, "read", _type: ProviderType);

allow_field(_viewer: Viewer, "read", _type: ProviderType, field) if
    field in ["code", "label", "service_types"];
