"""The hand-made models a user would pick instead, on tensorflow_recommenders layers."""
