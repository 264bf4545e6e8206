"""SQL steps over the warehouse: pure functions that return text."""
