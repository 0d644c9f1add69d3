"""The first files of a new school: the answers they are made of, their text, and how they are put in place."""
