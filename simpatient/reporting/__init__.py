"""PDF, HTML, CSV and transcript exports. Knows nothing of storage."""
