"""What is read off a solved wire: transmissions, densities, currents, delays, dephasing."""
