"""From the microphone to speech segments."""
