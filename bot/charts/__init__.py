"""Pictures of numbers: what a chart shows (`chart`), how it is drawn (`drawing`), the door's."""
