"""The registry of retailers, their database roles and schemas."""
