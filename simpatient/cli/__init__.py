"""The command line: a thin layer over the services. Must not hold any logic itself.

Commands import what they need inside their functions, so that ``simpatient --help`` loads no model code.
"""
