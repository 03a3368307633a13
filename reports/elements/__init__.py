"""What sections are made of: text, numbers, language, colours, receipts."""
