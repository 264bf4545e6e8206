"""Live segments: who is in each at every moment, followed event by event, with who entered and who left."""
