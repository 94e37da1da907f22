"""The doors of the pharmacy, split by subject: `stock`, `prescribing`, `dispensing`, `formulary`."""
