"""The spec's classes under the name that applications and their migrations import."""

from dbml.profiles.learn import Learn
from dbml.profiles.outcome import Outcome
from dbml.profiles.output import Output
from dbml.profiles.publication import Publication
from dbml.profiles.spec import Counter, Event, Prediction, Profile
from dbml.profiles.spec_file import read

__all__ = ["Counter", "Event", "Learn", "Outcome", "Output", "Prediction", "Profile", "Publication", "read"]
