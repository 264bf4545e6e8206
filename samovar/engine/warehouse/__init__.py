"""The warehouse: facts as columns in DuckDB, owned by the worker, made again from log and outbox whenever that is needed.

`schema` says what stands in it, `owner` opens the file, `registry` holds the named queries, `server` answers them over the
worker's socket and `client` asks them from any other process.
"""
