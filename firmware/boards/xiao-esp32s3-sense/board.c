/* Seeed XIAO ESP32S3 Sense. The USB socket leads to the chip itself. */
#include "esp_board.h"

const esp_board_facts esp_board = {
    .serial = ESP_SERIAL_USB,
    .led_active_low = 1, /* the orange LED, GPIO21 */
};
