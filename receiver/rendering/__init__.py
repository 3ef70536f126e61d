"""E-mail text as PDF: cleaning, the page, and the process that renders it inside a sandbox.

Octets in, PDF out. Never opens the database, a key or the journal; never lets a mail choose an option.
"""
