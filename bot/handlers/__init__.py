"""One thin file per channel: a raw payload becomes an Inbound, a Say becomes the channel's calls."""
