"""How Lienthong is brought up: the local stack, the synthetic nation, server configuration."""
