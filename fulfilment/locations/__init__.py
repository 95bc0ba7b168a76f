"""Places that hold stock or fulfil."""
