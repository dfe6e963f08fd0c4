"""What is measured, and how: each module times the readable reference against the fast path."""
