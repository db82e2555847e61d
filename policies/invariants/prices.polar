# Prices: that fields hide them is proven by kind, from kinds.polar. Nothing else tells of them either.

# A managed account isn't able to see prices until its partner shows them, whatever its roles are. R121 R122 A16
never_able(viewer: Viewer, "see_prices") if managed(viewer) and not viewer.pricing_shown;
