"""The command line: what operators type and other programs read."""
