/* Test stand-in for ESP-IDF's esp_rom_sys.h. */
#pragma once
void esp_rom_install_channel_putc(int channel, void (*putc)(char c));
