"""Pure rules and types of the stored facts: no I/O, no framework. Contract messages serve as the data types."""
