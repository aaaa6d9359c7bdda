"""From codes to counts, measures and rubric scores."""
