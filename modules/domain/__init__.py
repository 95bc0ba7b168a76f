"""Pure types of the module framework: documents, releases, what differs between two profiles."""
