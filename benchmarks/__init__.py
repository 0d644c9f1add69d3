"""What the house promises, measured: its speed (`python -m benchmarks`), and what a kill loses (`benchmarks.crash`)."""
