"""The one command behind `bin/hms`: starts, watches and stops every process of the hospital.

    bin/hms (sh) → system.py, packages.py (any Python)  → __main__.py (the environment's Python)
    __main__ → up, manage, tests → services (postgres, broker) → place (data directory, lock) → child, guard

Nothing here imports Django, except prepare.py, which runs as a process of its own.
"""
