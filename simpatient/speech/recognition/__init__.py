"""From speech segments to words."""
