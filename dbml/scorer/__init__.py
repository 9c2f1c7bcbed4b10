"""Models as plain data, and the engines made from it; the engine ``python`` needs neither."""
