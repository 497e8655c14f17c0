"""What a text wants of the assistant: orders against its rules, hidden text, topics that are not for a program."""
