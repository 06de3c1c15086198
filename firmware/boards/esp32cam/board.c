/* AI-Thinker ESP32-CAM. The USB socket is the programmer's or the carrier board's, on UART0. */
#include "esp_board.h"

const esp_board_facts esp_board = {
    .serial = ESP_SERIAL_UART0,
    .led_active_low = 1, /* the red LED on the back, GPIO33 */
};
