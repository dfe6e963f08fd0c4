"""What chapters 04 to 08 show of finished runs, and draw of the ideas by which these are read."""
