"""Models of strangers: what the compiler makes of every .tflite file in a folder, as a table.

`python -m tests.wild FOLDER` says file by file whether TFLite-Micro runs it, whether `--runtime aot` and
`--runtime tflm` take it or why they do not, and how many bytes the reference and the generated C differ in.
"""
