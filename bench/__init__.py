"""Measurements, and the programs behind `./dev run` and `./dev demo`. Not part of the installed postbus."""
