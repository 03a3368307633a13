"""Channels: Slack, mail, or none. Each renders a message (message.Message) in its own form and sends it.

message.py      the message, and the Protocol Channel
alert_text.py   the text of alerts, the same for every channel: titles, facts, times
alert_sentences.py   an alert's sentence in the reader's language
slack.py        a message as Slack blocks: where the text in Slack is made
mail.py         a message as an e-mail
null.py         channels that send nothing
configured.py   the channels of the settings
"""
