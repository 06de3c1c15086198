"""What a layer costs on a board: features of a layer, tables fitted to counted instructions, the estimate."""
