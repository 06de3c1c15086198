/* The engine contract: a model is a constant descriptor that can be invoked in an arena.
 * The generated C (aot) and the TFLite-Micro wrapper (tflm) both define a `tinyface_model` under a name of
 * its own, so any number of them link into one program, and the application does not know which of them runs. */
#ifndef TINYFACE_ENGINE_H
#define TINYFACE_ENGINE_H

#include <stdint.h>

/* Starts an array at a multiple of 16 bytes, as the arena and the constants need it. */
#if defined(__GNUC__)
#define TINYFACE_ALIGN16 __attribute__((aligned(16)))
#elif defined(_MSC_VER)
#define TINYFACE_ALIGN16 __declspec(align(16))
#elif defined(__cplusplus)
#define TINYFACE_ALIGN16 alignas(16)
#else
#define TINYFACE_ALIGN16 _Alignas(16)
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum { TINYFACE_HASH_BYTES = 32, TINYFACE_MAX_RANK = 6, TINYFACE_ARENA_ALIGNMENT = 16 };

typedef enum {
    TINYFACE_OK = 0,
    TINYFACE_ERR_ARENA_TOO_SMALL = 1,
    TINYFACE_ERR_ARENA_MISALIGNED = 2,
    TINYFACE_ERR_RUNTIME = 3,
    TINYFACE_ERR_PICTURE = 4 /* a region or a frame that no picture can be cut from */
} tinyface_status;

typedef enum { TINYFACE_RUNTIME_AOT = 1, TINYFACE_RUNTIME_TFLM = 2 } tinyface_runtime;

typedef enum {
    TINYFACE_INT8 = 1,
    TINYFACE_UINT8 = 2,
    TINYFACE_INT16 = 3,
    TINYFACE_INT32 = 4,
    TINYFACE_FLOAT32 = 5, /* this and the next two only under tflm */
    TINYFACE_BOOL = 6,    /* a byte each */
    TINYFACE_INT64 = 7
} tinyface_dtype;

/* An input or an output. `scale` is for people and decoders on the host; no layer reads it.
 * 0: the tensor holds numbers, such as the class that ARG_MAX found. */
typedef struct {
    const char *name;
    tinyface_dtype dtype;
    uint8_t rank;
    int32_t shape[TINYFACE_MAX_RANK];
    float scale;
    int32_t zero_point;
    uint32_t bytes;
} tinyface_tensor;

/* One layer as profiles and CRC lists name it. */
typedef struct {
    const char *name; /* "03 CONV_2D" */
    uint32_t macs;
} tinyface_layer;

/* Called around each layer when given; `output` is the layer's first output and stays valid only
 * during the call (NULL, 0 bytes: the runtime does not show it). Layers with several outputs call `end`
 * once an output, `part` counting from 0. */
typedef struct {
    void *context;
    void (*begin)(void *context, uint16_t layer);
    void (*end)(void *context, uint16_t layer, uint16_t part, const void *output, uint32_t bytes);
} tinyface_profiler;

/* What a model keeps from one inference to the next: an output becomes the next one's input. It lies beside the
 * arena, with whoever runs the model, so that several may run it at once. */
typedef struct {
    uint16_t input, output;
    uint8_t fill;           /* before the first inference each byte is this one, */
    const uint8_t *initial; /* unless they lie here */
} tinyface_state;

typedef struct tinyface_model {
    const char *name;
    tinyface_runtime runtime;
    uint8_t model_hash[TINYFACE_HASH_BYTES]; /* SHA-256 of the .tflite bytes */
    uint8_t plan_hash[TINYFACE_HASH_BYTES];  /* SHA-256 of the plan; zero under tflm */
    uint32_t arena_bytes;                    /* all bytes a model needs in RAM, 16-byte aligned */
    uint16_t n_inputs, n_outputs, n_layers;
    const tinyface_tensor *inputs, *outputs;
    const tinyface_layer *layers;
    /* Prepares the arena (TFLite-Micro allocates its tensors; aot has nothing to do). */
    tinyface_status (*init)(void *arena, uint32_t arena_bytes);
    /* Address of an input or output inside the arena. An input's bytes may be reused during invoke:
     * write every input before each invoke. Outputs stay valid until the next write to an input. */
    void *(*input)(void *arena, uint16_t index);
    const void *(*output)(void *arena, uint16_t index);
    /* Runs the network; `profiler` may be NULL. */
    tinyface_status (*invoke)(void *arena, const tinyface_profiler *profiler);
    /* Makes the model take its constants (constants_bytes of them, laid out as in the program, 16-byte aligned)
     * from `base`: those of another model with the same plan. NULL where they are part of the program for good.
     * constants_bytes 0: `base` is a whole model of any size, which init may refuse; NULL goes back to the own. */
    void (*use_constants)(const void *base);
    uint32_t constants_bytes;
    /* Under tflm the builtin operator codes of the .tflite format that the runtime holds, ascending. */
    const uint16_t *operators;
    uint16_t n_operators;
    const tinyface_state *states;
    uint16_t n_states;
} tinyface_model;

#ifdef __cplusplus
}
#endif
#endif
