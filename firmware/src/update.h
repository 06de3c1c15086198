/* Update over the wire: a new firmware into the slot that does not run, or constants into the model partition. */
#ifndef TINYFACE_UPDATE_H
#define TINYFACE_UPDATE_H

#include "reply.h"

/* Serve UPDATE_BEGIN, UPDATE_DATA, UPDATE_END and UPDATE_REQUEST. */
void tinyface_update_begin(const tinyface_frame_in *frame, tinyface_address to);
void tinyface_update_data(const tinyface_frame_in *frame, tinyface_address to);
void tinyface_update_end(tinyface_address to);
void tinyface_update_tell(tinyface_address to);

/* A request has been served: a new firmware whose model runs has shown that it works, and stays. */
void tinyface_update_confirm(void);

/* Restarts a new firmware that no request has confirmed within TINYFACE_CONFIRM_MS (a minute): the old one
 * comes back. */
void tinyface_update_watch(void);

#endif
