"""The SMTP door: takes mail for import addresses into the journal, and nothing else.

door.py (the process) → session.py (commands), messages.py (DATA, BDAT) on wire.py (octets in, replies out) → handler.py
(what postbus answers) → recipients.py (who owns a forward-path) and the journal. What one client may have: limits.py,
counted over all doors by shared.py. Who speaks for a client: proxied.py (PROXY), forwarding.py (XCLIENT, XFORWARD).
Pure, without sockets: command_lines.py, paths.py, data.py, chunks.py, text.py, proxy.py, attributes.py, networks.py,
replies.py, trace.py. The only room that knows aiosmtpd.
"""
