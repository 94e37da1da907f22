"""The pages, split by subject: `book` (the day, finding and booking), `appointment` (one of them), `queue`, `panels`."""
