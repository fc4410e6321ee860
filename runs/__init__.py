"""The one Django app: runs, and everything around them."""
