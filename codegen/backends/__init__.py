"""From a Plan to the files of a project: ahead-of-time C (aot) and TFLite-Micro (tflm)."""
