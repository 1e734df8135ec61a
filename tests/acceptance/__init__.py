"""The program as an operator runs it: real processes, killed and started again."""
