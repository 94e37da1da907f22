"""The doors of billing, split by subject: `charges`, `invoices`, `payments`, `prices`, `ledger`."""
