"""Pure types and rules about documents: no I/O, no framework, no clock."""
