/* GATHER, MIRROR_PAD, RESIZE_NEAREST_NEIGHBOR on int8: along each axis a table says where the input is read.
 *
 * The output may lie over input that is read already (codegen/ops/indexed_copy.py). */
#ifndef TFK_INDEXED_COPY_H
#define TFK_INDEXED_COPY_H

#include <stdint.h>
#include <string.h>

typedef struct {
    int32_t rows;      /* outermost loop, without a table */
    int32_t row_bytes; /* of the input */
    int32_t size[4];   /* nested loops of the output, outermost first; 1 where there are fewer */
    int32_t run_bytes; /* copied at once */
} tfk_indexed_copy_params;

/* input: int8 [rows, row bytes]; offsets: int32, size[0] of the first loop, then size[1] of the second, ...:
 * bytes from the start of the row, added up; output: int8 [rows, size, run bytes]. */
static inline void tfk_indexed_copy_s8(const tfk_indexed_copy_params *p, const int8_t *input,
                                       const int32_t *offsets, int8_t *output)
{
    const int32_t *const at_b = offsets + p->size[0];
    const int32_t *const at_c = at_b + p->size[1];
    const int32_t *const at_d = at_c + p->size[2];
    for (int32_t row = 0; row < p->rows; row++) {
        for (int32_t a = 0; a < p->size[0]; a++) {
            for (int32_t b = 0; b < p->size[1]; b++) {
                for (int32_t c = 0; c < p->size[2]; c++) {
                    const int8_t *const line = input + offsets[a] + at_b[b] + at_c[c];
                    for (int32_t d = 0; d < p->size[3]; d++) {
                        memmove(output, line + at_d[d], (size_t)p->run_bytes);
                        output += p->run_bytes;
                    }
                }
            }
        }
        input += p->row_bytes;
    }
}

#endif
