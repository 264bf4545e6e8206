"""Template tags and filters of every screen; they are built in, no template loads them."""
