"""The report as it goes out: a mail that Gmail and Outlook show, and a summary that fits Slack."""
