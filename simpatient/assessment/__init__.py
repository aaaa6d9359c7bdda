"""The assessment engine: codes, metrics, rubrics and debrief. Knows nothing of who calls it."""
