"""Far work that is not paying: codes by mail, papers passed on, files made, what did not arrive."""
