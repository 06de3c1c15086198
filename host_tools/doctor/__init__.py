"""Names what is wrong with a board: from its boot text, its serial port, and what it says about itself."""
