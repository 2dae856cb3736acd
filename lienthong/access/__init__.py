"""The contract's options at work: routes, requests, masks, subjects."""
