"""A sample mail-order shop (通販): the outside world whose cart exports CSV files every night.

Nothing here is known to the bot; it reads the files as it would read those of a real cart.
"""
