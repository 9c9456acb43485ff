"""What `manage.py benchmark` measures; no part of the test run."""
