"""The doors of the appointment book, split by subject: `booking`, `arrival`, `queue`."""
