"""SQL of the room as pure functions ending in `_sql`: they return statements and touch nothing."""
