"""The running program: settings, wiring, THE path, workers and commands; the only room that knows the others."""
