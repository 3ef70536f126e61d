"""Octets of mail as text: header fields, charsets, transfer encodings, addresses; for the pipeline and the IMAP door.

Pure: octets and values in, values out; no clock, file, network or third-party parser, and never a decision.
"""
