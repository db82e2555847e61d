# Provider types: the catalogue of categories of services. Everybody may know it. A5

allow(_viewer: Viewer, "read", _type: ProviderType);

allow_field(_viewer: Viewer, "read", _type: ProviderType, field) if
    field in ["code", "label", "service_types"];
