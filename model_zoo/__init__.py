"""What is learnt: networks, data sets, training, evaluation and the pretrained models."""
