"""The report as sent: an HTML mail that Gmail and Outlook display, its plain text, and Slack's blocks."""
