"""WHAT may be built: features, operators, architectures and the spaces they come from. No TensorFlow here."""
