"""From accepted octets to settled messages: parse in limited children, decide, keep, settle; and the slow jobs.

Never speaks SMTP or IMAP: what it works on comes out of the journal and out of the database.
"""
