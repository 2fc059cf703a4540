"""A small Slack workspace on the user's own machine: Web API subset, web page, signed requests to the bot."""
