"""One page per file: ``components()`` then ``wire()``; the sign-in page is a plain form."""
