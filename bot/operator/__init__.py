"""What whoever runs an installation does from the shell: owners, money, backups, trials."""
