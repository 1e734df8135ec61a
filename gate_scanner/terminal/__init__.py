"""The terminal: a page at the door that scans without pause, with or without network."""
