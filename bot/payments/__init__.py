"""One Protocol for taking money, and a file per provider."""
