/* MUL on int8 line by line: the outputs of mul_signed.h by a loop whose numbers stay in registers, whatever they are.
 * Along a line the first input has values beside each other; the second one has, too, or is one value. */
#ifndef TFK_MUL_LINES_H
#define TFK_MUL_LINES_H

#include <stdint.h>

#include "mac16.h"
#include "mul_signed.h"

#if defined(TINYFACE_MAC16)
#include "mul_lines_mac16.h"
#else
/* Outputs of a line. a, output: int8 [count]; b: int8 [count], or [1] where `same`. */
static inline void tfk_mul_line(const tfk_mul_signed_params *p, const int8_t *a, const int8_t *b, int32_t same,
                                int32_t count, int8_t *output)
{
    for (int32_t i = 0; i < count; i++) {
        output[i] = tfk_mul_signed_element(p, a[i], b[same ? 0 : i]);
    }
}
#endif

/* a, b, output: int8, see broadcast.h; steps of the innermost loop: 1 in a, 0 or 1 in b. */
static inline void tfk_mul_lines_s8(const tfk_mul_signed_params *p, const int8_t *a, const int8_t *b, int8_t *output)
{
    for (int32_t i = 0; i < p->size[0]; i++) {
        for (int32_t j = 0; j < p->size[1]; j++) {
            for (int32_t k = 0; k < p->size[2]; k++) {
                tfk_mul_line(p, a + i * p->a_stride[0] + j * p->a_stride[1] + k * p->a_stride[2],
                             b + i * p->b_stride[0] + j * p->b_stride[1] + k * p->b_stride[2], p->b_stride[3] == 0,
                             p->size[3], output);
                output += p->size[3];
            }
        }
    }
}

#endif
