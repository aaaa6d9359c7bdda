"""Values in words: numbers, dates, ratings, codes, names of files and models."""
