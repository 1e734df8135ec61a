"""What a ticket's holder does with it: keep it, print it, rename it, give it away or back."""
