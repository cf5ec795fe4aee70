"""How kseg and its peers are measured on the same CTs, in turns, each in a process of its own."""
