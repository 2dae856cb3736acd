"""What every part of the gateway shares, and what an agency installs."""
