"""What the API says: types, inputs and their descriptions. No SQL and no rule of visibility stands here."""
