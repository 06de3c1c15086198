/* TRANSPOSE, SLICE, STRIDED_SLICE, BROADCAST_TO, DEPTH_TO_SPACE, SPACE_TO_DEPTH on int8: a tensor is read through strides and written densely.
 *
 * The output may lie over input that is read already (codegen/ops/strided_copy.py). */
#ifndef TFK_STRIDED_COPY_H
#define TFK_STRIDED_COPY_H

#include <stdint.h>
#include <string.h>

typedef struct {
    int32_t offset;    /* of the first element read */
    int32_t size[6];   /* nested loops, outermost first; 1 where there are fewer */
    int32_t stride[6]; /* elements of the input from one step of a loop to the next: 0 repeats, < 0 goes back */
} tfk_strided_copy_params;

/* One run of the innermost loop; returns where the output goes on. */
static inline int8_t *tfk_strided_copy_run(const int8_t *input, int32_t size, int32_t stride, int8_t *output)
{
    if (stride == 1) {
        memmove(output, input, (size_t)size);
    } else if (stride == 0) {
        memset(output, *input, (size_t)size);
    } else {
        for (int32_t i = 0; i < size; i++) {
            output[i] = input[i * stride];
        }
    }
    return output + size;
}

/* input: int8, holds every element that the loops reach; output: int8 [size]. */
static inline void tfk_strided_copy_s8(const tfk_strided_copy_params *p, const int8_t *input, int8_t *output)
{
    for (int32_t a = 0; a < p->size[0]; a++) {
        const int32_t at_a = p->offset + a * p->stride[0];
        for (int32_t b = 0; b < p->size[1]; b++) {
            const int32_t at_b = at_a + b * p->stride[1];
            for (int32_t c = 0; c < p->size[2]; c++) {
                const int32_t at_c = at_b + c * p->stride[2];
                for (int32_t d = 0; d < p->size[3]; d++) {
                    const int32_t at_d = at_c + d * p->stride[3];
                    for (int32_t e = 0; e < p->size[4]; e++) {
                        const int8_t *run = input + at_d + e * p->stride[4];
                        output = tfk_strided_copy_run(run, p->size[5], p->stride[5], output);
                    }
                }
            }
        }
    }
}

#endif
