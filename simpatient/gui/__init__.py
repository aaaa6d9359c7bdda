"""The PySide6 window. Knows no adapter; talks to services through the bridge."""
