"""The doors of this app, split by subject: `profile`, `hours`, `consultation`."""
