/* Settings: what holds now, what a request may change, what survives a restart. */
#ifndef TINYFACE_SETTINGS_H
#define TINYFACE_SETTINGS_H

#include "reply.h"

/* The threshold that every result reaches, whatever the type of the outputs. */
enum { TINYFACE_THRESHOLD_ALL = -128 };

/* Reads what was kept; a damaged or older record leaves the defaults. Called once at boot. */
void tinyface_settings_init(void);

/* The settings that hold. */
const tinyface_settings_head *tinyface_settings(void);

/* Serves CONFIGURE and SETTINGS_REQUEST. */
void tinyface_settings_change(const tinyface_frame_in *frame, tinyface_address to);
void tinyface_settings_tell(tinyface_address to);

/* Lights the status LED as the settings say: `busy` while a request is served. */
void tinyface_settings_led(int busy);

#endif
