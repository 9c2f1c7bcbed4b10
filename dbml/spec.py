"""The spec's classes under the name that applications and their migrations import."""

from dbml.profiles.learn import Learn
from dbml.profiles.output import Output
from dbml.profiles.spec import Counter, Event, Outcome, Prediction, Profile, Publication, read

__all__ = ["Counter", "Event", "Learn", "Outcome", "Output", "Prediction", "Profile", "Publication", "read"]
