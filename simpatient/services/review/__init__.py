"""Looking back at a session: debrief, second ratings, written work, reports."""
