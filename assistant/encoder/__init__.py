"""The local text encoder: a small model whose one pass over a text serves search, cache and every head."""
