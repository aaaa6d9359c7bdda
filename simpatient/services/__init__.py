"""Use cases. Plain Python over the engines and the ports; no Qt, no torch, no SQL."""
