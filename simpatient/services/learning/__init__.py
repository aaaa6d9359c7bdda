"""Progress, mastery and drills."""
