"""Finding personal data and secrets, and replacing them by placeholders. Only this folder imports Presidio."""
