"""gRPC inside the house: servers, channels, interceptors, errors, shared calls."""
