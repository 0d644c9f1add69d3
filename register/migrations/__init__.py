"""The steps by which an older register becomes a newer one: a file a step, never changed once released.

To add a step: change `register/tables.py`, set its REVISION, write `versions/r<number>_<what>.py` with `revision` and
`down_revision`; the tests compare the tables with what the steps make.
"""
