"""Measures dbml beside no model at all and beside other ways to score: ``make bench``."""
