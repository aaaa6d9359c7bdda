"""What is shown: domain values become words, numbers and shapes. Read by window, reports and command line."""
