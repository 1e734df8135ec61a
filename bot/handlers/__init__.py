"""One thin file per channel: a raw payload becomes an Inbound, an Outgoing the channel's calls."""
