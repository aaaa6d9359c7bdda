"""Values and rules of the product. No input or output, no clock, no threads, no Qt."""
