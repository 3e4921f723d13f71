"""gRPC servicers: parse, one use case, build the reply."""
