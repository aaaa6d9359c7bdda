"""Checking, previewing and drafting content."""
