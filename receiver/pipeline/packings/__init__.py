"""Readers of what packs parts into one file: zip, winmail.dat, Outlook's .msg, uuencode, CMS.

Each takes octets and tells its members; bounds are checked before anything is read or kept. Run in the child only.
"""
