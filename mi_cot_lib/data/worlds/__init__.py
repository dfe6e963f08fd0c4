"""The built-in world: four small data sets and the plain text that the built-in student reads first."""
