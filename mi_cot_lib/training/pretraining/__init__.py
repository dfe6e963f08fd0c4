"""How the built-in students are made."""
