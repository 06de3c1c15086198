"""The stand-in platform's class: no packages, upload by esptool."""

from platformio.public import PlatformBase


class Espressif32Platform(PlatformBase):
    """Nothing to install."""

    def configure_default_packages(self, options, targets):
        """No packages."""
