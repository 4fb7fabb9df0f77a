"""What one asks: a question in, a frame out."""
