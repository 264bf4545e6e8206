"""SQL steps over the warehouse: pure functions that return text. DuckDB dialect; values are parameters `$name`."""
