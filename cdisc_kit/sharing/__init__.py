"""Participant data shared: prepared for review, packed for one recipient, sealed, mailed, verified."""
