"""Trains the networks that `semcrc predict` runs, and exports them with their records."""
