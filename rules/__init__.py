"""What the words of a mail mean, and what is decided about it.

Pure: octets and values in, values out. No clock, network, database, path or logger is known here.
"""
