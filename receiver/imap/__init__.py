"""The door that fetches: an IMAP client that changes nothing, and the process that pulls linked accounts.

Judges nothing: `rules.may_matter` says what is fetched, the journal takes it, the pipeline decides.
"""
