"""The web service: the Open Inference Protocol over the scores that the database gives."""
