"""What tables, charts and sentences are made of: page elements, number formats, locale, colours, receipts, texts."""
