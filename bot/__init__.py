"""The running program: settings, wiring, THE path, the workers and the commands; the only room that knows the others."""
