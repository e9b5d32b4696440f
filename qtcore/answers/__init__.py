"""From stores to answers: what is selected, compared and put together from what runs have left."""
