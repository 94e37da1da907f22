"""The demonstration hospital: invented from end to end, the same every time, alive on the day it is made."""
