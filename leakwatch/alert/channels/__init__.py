"""Ways to tell somebody: adapters of ``ports.Channel``, one file an outside thing.

Errors of the libraries underneath stop here. ``DeliveryFailed`` passes by
itself, ``ChannelMisconfigured`` waits for an operator, ``DeliveryRefused`` ends
the delivery: only what the far side says of this message or recipient is one.
"""
