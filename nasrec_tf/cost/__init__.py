"""WHAT a network costs: its operations, hardware designs as data, the mapping between them. No TensorFlow here."""
