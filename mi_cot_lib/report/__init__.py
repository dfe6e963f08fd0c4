"""Records of finished runs → cells → comparisons → verdicts → tables, figures and one page."""
