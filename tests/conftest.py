"""Settings of every test: property tests draw the same examples each run, so that a red run means a change broke it.

To look for new counter-examples: ``pytest --hypothesis-profile=search``.
"""

from hypothesis import settings

# The machine is shared: how long one example takes says nothing about the code.
settings.register_profile("steady", deadline=None, max_examples=60, derandomize=True)
settings.register_profile("search", deadline=None, derandomize=False)
settings.load_profile("steady")
