"""Microphone, endpointing, recogniser, voice and loudspeaker. Must not know the GUI, sessions or personas."""
