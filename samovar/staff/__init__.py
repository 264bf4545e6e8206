"""People who work here: staff, roles, permissions, tokens, and the audit trail of what they did."""
