"""Everything that turns pictures into a quantized network; TensorFlow is imported only inside functions."""
