"""What must happen? Each school's procedure as one file, and the pure decision over it that cites its clause.

May import `register.records` and `register.errors`, nothing else of the house. To add a school, put a file beside those
in `schools/` (or into a folder that the settings name): its mailboxes claim its mail.

- `values.py`, `sections.py`, `model.py`: what a procedure file may say; `texts.py` walks over all its texts
- `load.py`: files to procedures, with errors that a secretary can act on
- `calendar.py`: working days, school days, office hours
- `decide.py`: the decision; `situation.py`, `matching.py`, `people.py`, `timing.py`, `formalities.py`: what it weighs;
  `opening.py`, `joining.py`: what it comes to for a new case and for a message to one that is there
- `letters.py`, `handling.py`, `evidence.py`, `phrases.py` with `wording/`: what its letters may say, by language
- `check.py`: what a file says that cannot be meant
"""
