"""What is asked: every table, figure and question, on what data and students, and what was declared."""
