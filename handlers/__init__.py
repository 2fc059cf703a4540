"""How Slack reaches us: one module per feature, each with `register(app, deps)`; `bot.app` lists them."""
