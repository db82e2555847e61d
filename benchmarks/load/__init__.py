"""Load: a process of its own asks one question over and over, through connections that stay open, and says how long it took."""
