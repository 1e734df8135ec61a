"""Storms: every transcript again, under kills, repeats, failures and delays that a seed decides.

`invariants.py` says what must hold after every step, whatever happens; `weather.py` is what a seed
decides; `edges.py` is where a process meets the world and may die; `playing.py` plays a transcript
through it; `ending.py` compares how it ended with the calm play.
"""
