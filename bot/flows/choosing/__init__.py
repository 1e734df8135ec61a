"""What a buyer is asked on the way: seats, names, ages, codes, a place on the waiting list."""
