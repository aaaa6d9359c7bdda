"""The patient engine: state dynamics, planner, guided realiser and guard. Knows no model's whereabouts."""
