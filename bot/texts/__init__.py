"""The seller's words, a catalogue a language."""
