"""Whether a text is an accounting document, and what it says: words, values, evidence, one score. Pure."""
