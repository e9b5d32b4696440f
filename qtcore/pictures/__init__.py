"""Pictures of wires, bars and Kwant systems, of what goes on inside them, and of their leads' bands.

Matplotlib is imported by whoever draws, and by nothing that is imported with this package.
"""
