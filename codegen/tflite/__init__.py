"""A .tflite file: flatbuffer, operators and options, flow of tensors, edges, state, true refusals."""
