"use strict";
/* The explorer: one page for live stores and for a file that holds its numbers itself.
 *
 * A view is a quantity and one role for each of its dimensions: x, y (of a map), colour, facet,
 * slider (one value at a time) or average. Everything that is drawn follows from the view and from
 * the numbers, and the view stands in the address of the page.
 */

const ROLES = ["x", "y", "colour", "facet", "slider", "average"];
const MOST_FACETS = 12; // more would be too small to read
const MOST_CURVES = 60; // more cannot be told apart, colour bar or not
const NAMED_CURVES = 8; // up to here a legend; beyond it a colour bar
const NAMED_CASES = 24; // more names do not fit below an axis
const MARKERS = ["circle", "square", "triangle", "diamond", "inverted_triangle", "hex", "star", "plus"];
const ADDED = 2; // to what is in a bin and to what is not, for its error (qtcore/estimate/share.py)
const UNFINISHED = "#9a9a9a";
const POLL = 2000; // milliseconds between looks at runs that go on, at least
const REST = 9; // times as long as a look took
