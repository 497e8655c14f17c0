"""Ways into a running Steward besides its pages."""
