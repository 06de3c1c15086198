"""The local web page of a board, a simulated board or a recording: `tinyface view`."""
