"""What a person sees in a terminal: tables, bars, streams of any encoding, and the last word on a fault."""
