"""What do we say, and has it left: letters composed from the school's facts, and the way out of the outbox.

`compose` makes a `Letter` of facts and a letter file, `dispatch` hands claimed letters to the sender for their kind of
address, `check` says what is wrong with letter files. This room imports `register.records` and `register.errors` and no
other room. A new letter is one file in `templates/<language>/`, a new language is one folder there; how letter files
are written stands in `templates/README.md`. A new way out is one file in `senders/`.
"""
