"""How a field gets its data: batch resolvers over loaders that already speak policy. No rule of visibility stands here."""
