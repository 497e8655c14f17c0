"""How the small heads that Steward ships are fitted, one file per head; ``scripts/train_heads.py`` runs them."""
