"""Small trained heads on the encoder's states: plain numbers and numpy, each with the card of its making."""
