"""The catalogue from outside: suppliers' files in a folder, signed packages from a file or a server."""
