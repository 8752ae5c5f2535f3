"""The report: all that is known of a converted model, as Markdown, JSON or one page; and two compared."""
