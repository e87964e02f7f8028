"""The load that the project was asked for: 100 million records a day, with peaks of twenty times the mean."""
