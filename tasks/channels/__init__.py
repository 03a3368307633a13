"""Where messages go: Slack, mail, nowhere. One Protocol (message.Channel); each gives a message its own form."""
