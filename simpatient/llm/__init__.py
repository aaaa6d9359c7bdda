"""Language and embedding models. Knows no personas and no rubrics."""
