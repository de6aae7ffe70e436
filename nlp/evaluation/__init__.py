"""What a model is worth: figures with intervals on the corpus, on real texts and under stress, beside baselines trained on the same texts."""
