/* Walks two int8 tensors that broadcast against each other: the loops of every op of two tensors. */
#ifndef TFK_BROADCAST_H
#define TFK_BROADCAST_H

#include <stdint.h>

/* Fields that such an op's struct ends in. Sizes and strides are constants in the generated model: loops
 * of one step vanish, and equal shapes become one loop. */
#define TFK_BROADCAST_AXES                                                          \
    int32_t size[4];                /* nested loops, outermost first */             \
    int32_t a_stride[4], b_stride[4] /* elements from one step of a loop to the next, 0 repeats */

/* Defines static inline void <name>_s8(const <name>_params *, a, b, output) from
 * static inline int8_t <name>_element(const <name>_params *, int32_t a, int32_t b).
 * output: int8 [size]; it may take the bytes of an input of its own shape. */
#define TFK_DEFINE_ELEMENTWISE(name)                                                                          \
    static inline void name##_s8(const name##_params *p, const int8_t *a, const int8_t *b, int8_t *output)    \
    {                                                                                                         \
        for (int32_t i = 0; i < p->size[0]; i++) {                                                            \
            for (int32_t j = 0; j < p->size[1]; j++) {                                                        \
                for (int32_t k = 0; k < p->size[2]; k++) {                                                    \
                    const int8_t *from_a = a + i * p->a_stride[0] + j * p->a_stride[1] + k * p->a_stride[2];  \
                    const int8_t *from_b = b + i * p->b_stride[0] + j * p->b_stride[1] + k * p->b_stride[2];  \
                    for (int32_t l = 0; l < p->size[3]; l++) {                                                \
                        *output++ = name##_element(p, from_a[l * p->a_stride[3]], from_b[l * p->b_stride[3]]); \
                    }                                                                                         \
                }                                                                                             \
            }                                                                                                 \
        }                                                                                                     \
    }

#endif
