"""Technical plumbing: processes, downloads, whole files, settings, cancelling. Knows nothing of therapy."""
