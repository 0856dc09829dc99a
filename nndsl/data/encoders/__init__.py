"""How columns become tensors: one class an encoder."""
