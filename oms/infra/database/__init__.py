"""The two ways into PostgreSQL: serving one retailer at a time, and deploying the platform.

``serving``   every statement runs inside a transaction that took one retailer's role (`SET LOCAL ROLE`).
``deploying`` migrations and provisioning, as the owner of ordinary tables.
"""
