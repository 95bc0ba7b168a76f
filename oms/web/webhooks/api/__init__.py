"""Webhooks in the partner API: what can be listened to, endpoints, their deliveries, and telling again."""
