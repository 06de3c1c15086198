"""The C kernels, headers that a person can read, compile and test alone, and beside each what states it.

NAME.py says of the functions in NAME.h when a layer may call them (codegen.lowering.kernel).
"""
