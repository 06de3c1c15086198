"""Small .tflite models that the tests build themselves, without TensorFlow."""
