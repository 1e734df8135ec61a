"""The routes and pages Guichet serves."""
