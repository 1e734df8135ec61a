"""The conversations of the seller, a file each."""
