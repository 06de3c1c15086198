/* ESP32-C3-DevKitM-1: UART0 through the bridge on the board. */
#include "esp_board.h"

const esp_board_facts esp_board = {
    .serial = ESP_SERIAL_UART0,
};
