"""Settings that all tests share."""

import hypothesis

hypothesis.settings.register_profile("retake", derandomize=True, deadline=None, max_examples=60)
hypothesis.settings.load_profile("retake")
