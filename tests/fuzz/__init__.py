"""What strangers may send, made up by the thousand: bounded in the tests, and for as long as one likes by a command."""
