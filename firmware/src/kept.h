/* What networks keep from run to run: the variables of a model, once for a stage, or once for each track where the
 * stage looks at tracks. codegen/program/kept.py computes the same. */
#ifndef TINYFACE_KEPT_H
#define TINYFACE_KEPT_H

#include "tinyface/stage.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes for a stage of the program. */
uint32_t tinyface_kept_bytes(const tinyface_program *program, const tinyface_stage *stage);

/* All first values, of no track; `kept` is aligned to 4 bytes. */
void tinyface_kept_reset(const tinyface_program *program, const tinyface_stage *stage, uint8_t *kept);

/* The variables for run `number` of the stage in work, those of the track that it looks at; of one that is new, first
 * values in the place of a track that is no more. */
uint8_t *tinyface_kept_of(const tinyface_run *run, const tinyface_stage *stage, uint16_t number, uint8_t *kept);

/* Into the inputs of the network, and out of its outputs. */
void tinyface_kept_load(const tinyface_model *model, void *arena, const uint8_t *variables);
void tinyface_kept_save(const tinyface_model *model, void *arena, uint8_t *variables);

#ifdef __cplusplus
}
#endif

#endif
