"""Search for networks: trained briefly, measured on the validation part, priced as a board would run them."""
