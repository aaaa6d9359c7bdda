"""The only package that knows every adapter: builds, wires, closes. Heavy imports wait until needed."""
