"""What writes cost: declarations, commands and payments through the whole path, and reads beside them."""
