"""The pages are made without the settings of the person who runs the tests."""

import tests  # noqa: F401 - it removes these settings
