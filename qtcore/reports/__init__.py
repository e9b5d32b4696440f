"""What comes out of a store, and the files that it is kept in."""
