"""The doors of the wards, split by subject: `admission`, `beds`, `bed_days`, `notes`."""
