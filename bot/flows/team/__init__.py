"""Who may do what: roles, invitations, the journal, and the platform's owner."""
