"""Settings, addresses, the server and the processes around it: what wires the rooms together."""
