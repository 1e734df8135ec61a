"""An event's poster: a photo that an organiser sends becomes a picture for the event's page."""
