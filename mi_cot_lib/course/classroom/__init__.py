"""A class: what is handed out to it, and what was handed in, run apart from each other and judged."""
