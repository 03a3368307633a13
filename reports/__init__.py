"""The daily report: page, mail and Slack message of one decision. Pure, except PNG export, which starts a browser."""
