"""Authored content as values: personas, cases, curricula, rubrics and the data engines work from."""
