"""Segments that a shop can begin with: what they are (`ready.yaml`, `ready`), and how they stand in this shop (`shelf`)."""
