"""Measurements as ratios of two runs that are interleaved on one machine: `bin/hms bench`."""
