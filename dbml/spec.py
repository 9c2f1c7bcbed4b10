"""The spec's classes under the name that applications and their migrations import."""

from dbml.profiles.spec import Counter, Event, Prediction, Profile, read

__all__ = ["Counter", "Event", "Prediction", "Profile", "read"]
