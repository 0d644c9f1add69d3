"""The book: cases, journal, deadlines, outbox and spool.

`records` (the nouns) and `errors` stand below every room and use the standard library alone. `seals` makes and
checks the two keys that join a reply to its case. `tables`, `store` and the migrations are known to the wiring only.
This room imports no other room. A new noun goes into `records`; a new column goes into `tables` and a migration.

The way through the room: `store` is what the wiring sees, `consulting` its half that changes nothing; `opening` (with
`sqlite`) opens a database, `writing` puts all that waits into one commit, and `reading` looks up together what is
asked of every message (both by `gathering`, on `transactions`; `company` says who waits for whom). Three things are
written: `spooling`, `entering` (on `pages`; `becoming` says what a message makes of its case) and `outbox`; `clock`
adds what time sets off. `matching`, `cases`, `mailbook` and `whereabouts` read. `dialogues` keeps what the bot and a
chat are talking about. `journal` holds the chain, `audit` checks the whole, `anonymity` says what is not kept,
`sweeping` sees to it in the files. `filing` turns nouns into rows and back, `numbers` makes case numbers, `faults`
says what a database's complaint means.
"""
