"""Documents for organisers, made when delivery fetches them: lists, a chart, a report, a card."""
