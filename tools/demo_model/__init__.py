"""How the embedded model `hearsay/tavern` is made: corpus, training, export, evaluation."""
