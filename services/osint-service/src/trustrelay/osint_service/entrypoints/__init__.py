"""gRPC servicers: parse, call one use case, build the reply."""
