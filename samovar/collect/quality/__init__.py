"""Quality of what comes: how full, valid, fresh and even the fields of each event are, and alarms when one of them fails.

Pure: `sql.py`, `spreads.py`, `known.py`, `watch.py`, `reading.py`, `readiness.py`; then `models.py`, `tally.py`, `operations.py`,
`looks.py`, `jobs.py`, `queries.py`, `unsafe.py`, and the screens and endpoints.
"""
