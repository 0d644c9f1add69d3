"""What the commands do, one module a command or a pair of them."""
