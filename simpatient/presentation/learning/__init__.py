"""A trainee's way through practice as shown: drills and progress."""
