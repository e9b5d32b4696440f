"""What comes after a sweep: estimates with errors, fits, and the theory to hold them against.

Everything here takes arrays or labelled datasets and returns arrays or labelled datasets; nothing
here knows how or where a sweep ran.
"""
