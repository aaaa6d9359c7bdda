"""What every page stands on: worker bridge, theme, preferences."""
