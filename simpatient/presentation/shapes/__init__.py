"""What is drawn or laid out: curves, timelines, tables, and the colours of both themes."""
