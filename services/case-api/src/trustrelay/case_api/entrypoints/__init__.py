"""gRPC servicers and authentication: translate and delegate."""
