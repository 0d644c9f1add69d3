"""From the door to a Submission: channels receive, `mime` reads, `guards` rule, `threads` name the case it may join.

This room imports `register.records` and `register.errors` and no other room; what it needs to know of the rest (own
addresses, how to open a token) it gets as plain values and callables. A new channel is one file in `channels/`; a new
guard is a function and its name in the `GUARDS` tuple.
"""
