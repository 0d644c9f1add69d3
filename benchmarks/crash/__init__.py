"""`kill -9` at seeded random moments while mixed messages come in; what was lost, and what came twice."""
