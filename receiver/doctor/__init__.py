"""What can be wrong around a postbus: names, port, certificate, disk, clock, database. Looks, and changes nothing.

examination.py says what is looked at and in which order; every other module knows one kind of trouble.
"""
