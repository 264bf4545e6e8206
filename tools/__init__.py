"""What builds, checks and tests the house; nothing here is part of the product."""
