"""C array + TFLite-Micro: operators, tensors, a measured arena and what the vendor kernels allow."""
