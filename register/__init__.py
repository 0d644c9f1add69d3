"""The book: cases, journal, deadlines, outbox and spool.

`records` (the nouns) and `errors` stand below every room and use the standard library alone. `seals` makes and
checks the two keys that join a reply to its case. `tables`, `store` and the migrations are known to the wiring only.
This room imports no other room. A new noun goes into `records`; a new column goes into `tables` and a migration.

The way through the room: `store` is what the wiring sees; `opening` (with `sqlite`) opens a database, `writing` puts
all that waits into one commit; `spooling`, `entering` (on `pages`) and `outbox` are the three things that are written,
`clock` what time sets off; `matching`, `cases` and `whereabouts` read; `journal` holds the chain, `audit` checks the
whole; `anonymity` says what is not kept; `filing` turns nouns into rows and back, `numbers` makes case numbers, and
`faults` says what a database's complaint means.
"""
