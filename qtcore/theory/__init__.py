"""What theory says: closed forms and solved equations, each with its source and where it holds.

Numbers in, numbers out: nothing here knows samples, estimates or datasets.
"""
