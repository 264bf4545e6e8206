"""Linked records: objects a customer owns, such as a vehicle or a policy, with their types, their history and their doors.

The way of one: `told` reads an event, `columns` makes rows of it, `sql` makes spans of all that was told of each record. What a
type declares (`types`, `models`, `operations`) says which field is its time and what kind its fields are.
"""
