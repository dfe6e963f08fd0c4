"""The course as a person sees it: in a real browser, on a JupyterLab of its own."""
