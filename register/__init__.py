"""The book: cases, journal, deadlines, outbox and spool.

`records` (the nouns) and `errors` stand below every room and use the standard library alone. `seals` makes and
checks the two keys that join a reply to its case. `tables`, `store` and the migrations are known to the wiring only.
This room imports no other room. A new noun goes into `records`; a new column goes into `tables` and a migration.
"""
