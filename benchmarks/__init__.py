"""How fast the whole is, against what this machine can do at all: `python -m benchmarks` prints it and draws it."""
