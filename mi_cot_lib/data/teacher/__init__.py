"""What a teacher wrote becomes a rationale and a label, and can be changed on purpose."""
