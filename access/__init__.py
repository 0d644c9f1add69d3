"""How we prove who we are to other people's servers: secrets from the environment or files, and tokens made of them.

Channels and senders stand on this room; it imports `register.errors` and no other. Nothing here is ever logged, and no
error text holds a secret. To add a provider, add its name and addresses to `oauth.py`.
"""
