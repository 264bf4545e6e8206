"""A simulated shop whose truth is known, and the demo that runs the whole loop on it."""
