"""Compile an int8 .tflite into C: reader, graph, passes, planner, back ends, integer reference."""
