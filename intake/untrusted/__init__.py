"""Strangers' files are opened here, in a process of their own that may fail: little time, little memory, no secrets.

`opening.py` is this side of the wall, `worker.py` the other; `office.py`, `pdf.py` and `scans.py` read one sort of file
each and run only behind the wall. What comes back is text and plain words of what was wrong; the file itself is kept
as it came, whatever becomes of its reading.
"""
