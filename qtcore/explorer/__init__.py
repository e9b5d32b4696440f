"""Stores in a browser: means with errors over any axes, live or as one file without a network.

The page is one program in JavaScript that draws with Bokeh. It asks for a summary of a run, for the
numbers of a quantity and for a point. `qtcore explore` answers from stores, and a file that was
written for a colleague holds the answers itself, so both show the same views.
"""
