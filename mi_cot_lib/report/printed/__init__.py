"""An item's numbers as text: tables, names and files."""
