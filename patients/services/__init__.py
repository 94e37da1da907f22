"""The doors of the record, split by subject: `registration`, `encounters`, `clinical`, `notes`."""
