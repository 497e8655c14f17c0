"""Document loaders, one file per format. ``registry.load(path)`` picks by content; nothing in a file is fetched."""
