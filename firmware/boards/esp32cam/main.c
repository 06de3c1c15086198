/* ESP-IDF's entry point: the application runs in the main task (its stack: sdkconfig.defaults). */
#include "app.h"

void app_main(void);

void app_main(void)
{
    tinyface_app_run();
}
