"""What is said to operators: logs, figures, readiness, faults, why it does not start."""
