# Prices: the rules in kinds.polar already prove that fields hide them. This covers the ability to see prices.

# A managed account can't see prices until its partner shows them, whatever its roles. R121 R122 A16
never_able(viewer: Viewer, "see_prices") if managed(viewer) and not viewer.pricing_shown;
