# Prices: a managed account sees none until its partner shows them, whatever its roles are.

# Wherever there is a price that it could read, it is hidden. R121 R122 A16 X7
never(viewer: Viewer, "read", _port: Port, field) if
    field in ["monthly_rate", "setup_fee"] and managed(viewer) and not viewer.pricing_shown;
never(viewer: Viewer, "read", _approval: OrderApproval, field) if
    field in ["monthly_rate", "setup_fee"] and managed(viewer) and not viewer.pricing_shown;
never(viewer: Viewer, "read", _offer: Offer, "total_value") if managed(viewer) and not viewer.pricing_shown;
never(viewer: Viewer, "read", _dimension: OfferDimension, "price") if managed(viewer) and not viewer.pricing_shown;
never(viewer: Viewer, "read", _instalment: Instalment, "amount") if managed(viewer) and not viewer.pricing_shown;
never(viewer: Viewer, "read", _dashboard: Dashboard, "monthly_spend") if managed(viewer) and not viewer.pricing_shown;
never_able(viewer: Viewer, "see_prices") if managed(viewer) and not viewer.pricing_shown;
