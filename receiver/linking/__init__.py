"""Linking an account: where a mailbox is to be found, and step by step whether it can be read.

Changes nothing in a mailbox, stores nothing, prints nothing: the command line does, and later the console.
"""
