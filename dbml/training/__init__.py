"""Making a model again: training sets as they were, recipes, and the gate that only a better version passes."""
