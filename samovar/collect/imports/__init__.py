"""Files of the past: a file and a mapping become one sealed batch of events, and every row refused stands in the quarantine.

`formats` reads a file as columns of text; `mapping` says what each column becomes; `staging` holds both in a DuckDB file of
their own; `rows` judges every row; `orders` and `records` turn accepted rows into events; `sealing` writes them to disk;
`operations` is the way in.
"""
