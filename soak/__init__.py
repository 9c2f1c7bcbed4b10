"""Faults under load: what dbml promises, tried for minutes: ``make soak``."""
