"""The doors of the laboratory, split by subject: `orders`, `results`, `reports`, `catalogue`."""
