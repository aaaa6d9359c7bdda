"""A trainee's way through practice, as values: drills, progress, reports."""
