"""The whole record as it is given to the patient: a file that people read, one that programs read, and the papers."""
