"""Settings that all tests share."""

from hypothesis import settings

# Machines that run tests are shared and slow at times: a property is about values, never about time.
settings.register_profile("kit", deadline=None)
settings.load_profile("kit")
