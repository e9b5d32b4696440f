"""What is solved: lattices, disorder, fields and the wires made of them."""
