"""All that is durable: the journal, the database, the blobs. Synchronous; raises, never logs."""
