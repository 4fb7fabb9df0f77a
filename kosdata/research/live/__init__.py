"""What comes by itself: streams, polls, and what was missed."""
