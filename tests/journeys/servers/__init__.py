"""Real servers for the journeys: each private to the test run, on loopback, in a folder of its own."""
