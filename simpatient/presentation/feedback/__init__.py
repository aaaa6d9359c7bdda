"""A session as its feedback shows it: transcript, scorecards, cues, disclosure, and the report made of them."""
