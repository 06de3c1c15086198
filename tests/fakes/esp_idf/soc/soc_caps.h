/* Test stand-in for ESP-IDF's soc/soc_caps.h: the ESP32 has no USB, its successors do. */
#pragma once
#include "sdkconfig.h"
#if !CONFIG_IDF_TARGET_ESP32
#define SOC_USB_SERIAL_JTAG_SUPPORTED 1
#endif
